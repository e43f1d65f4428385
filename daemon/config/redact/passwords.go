package redact

import (
	"net/url"
	"strings"
)

// Passwords returns the passwords in a DSN: a URL, user:password@address, or
// fields such as password=….
func Passwords(dsn string) []string {
	var out []string
	if u, err := url.Parse(dsn); err == nil && u.User != nil {
		if p, ok := u.User.Password(); ok && p != "" {
			out = append(out, p)
		}
	}
	if i := strings.LastIndex(dsn, "@"); i >= 0 && !strings.Contains(dsn, "://") {
		if _, p, ok := strings.Cut(dsn[:i], ":"); ok && p != "" {
			out = append(out, p)
		}
	}
	for _, field := range strings.Fields(dsn) {
		if p, ok := strings.CutPrefix(field, "password="); ok {
			if p = strings.Trim(p, "'"); p != "" {
				out = append(out, p)
			}
		}
	}
	return out
}

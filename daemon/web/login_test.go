package web

import (
	"net/url"
	"strings"
	"testing"
)

// FuzzWithin resolves what a login leads to as a browser does: it stays on the site.
func FuzzWithin(f *testing.F) {
	for _, next := range []string{"/", "//a", "/\\a", "/a?b=//c", "/a/../..//b", "/../b", "/%2e%2e/b", "/.//a", "/%2f/a", "/a\tb", "https:/a", "/login", "?a", "#a", "/a b", "/ä", "/%", "%2fa", "%2f%2fa"} {
		f.Add(next)
	}
	base, err := url.Parse("https://ops.example.com/vega/login")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, next string) {
		to := within(next)
		if strings.ContainsAny(to, "\\\r\n\t #") || !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || within(to) != to {
			t.Errorf("%q leads to %q", next, to)
		}
		if u, err := base.Parse("/vega" + to); err != nil || u.Host != base.Host || u.Scheme != base.Scheme || !strings.HasPrefix(u.Path, "/vega/") {
			t.Errorf("%q leads to %v %v", next, u, err)
		}
	})
}

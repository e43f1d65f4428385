package config

import (
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strings"

	"vega/plugins/manifest"
)

// minRedacted is the least length of a secret that is looked for in text: a
// shorter one stands in it by chance.
const minRedacted = 6

// Redactor takes secrets out of text.
type Redactor struct{ replacer *strings.Replacer }

// NewRedactor replaces each secret of six bytes or more, also when it is
// escaped as in a URL or in JSON.
func NewRedactor(secrets []string) *Redactor {
	forms := map[string]bool{}
	for _, s := range secrets {
		if len(s) < minRedacted {
			continue
		}
		quoted, _ := json.Marshal(s)
		for _, f := range []string{s, url.QueryEscape(s), url.PathEscape(s), string(quoted[1 : len(quoted)-1])} {
			forms[f] = true
		}
	}
	if len(forms) == 0 {
		return &Redactor{}
	}
	var pairs []string
	for _, f := range longestFirst(forms) {
		pairs = append(pairs, f, "(secret)")
	}
	return &Redactor{strings.NewReplacer(pairs...)}
}

// Redact returns s with each secret as "(secret)".
func (r *Redactor) Redact(s string) string {
	if r == nil || r.replacer == nil || len(s) < minRedacted {
		return s
	}
	return r.replacer.Replace(s)
}

// Secrets are the values that no output may show: what env() and file() came
// to wherever it is not a mere port or path, and what was written out for a
// sensitive attribute. The longest come first.
func (c *Config) Secrets() []string { return slices.Clone(c.secrets) }

// Redactor takes this configuration's secrets out of text.
func (c *Config) Redactor() *Redactor { return NewRedactor(c.secrets) }

func longestFirst(set map[string]bool) []string {
	return slices.SortedFunc(maps.Keys(set), func(a, b string) int {
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return strings.Compare(a, b)
	})
}

// keep remembers the texts in a sensitive value as secrets.
func (d *decoder) keep(v manifest.Value) {
	switch v := v.(type) {
	case manifest.Text:
		if s := v.Reveal(); s != "" {
			d.secrets[s] = true
		}
	case []manifest.Value:
		for _, e := range v {
			d.keep(e)
		}
	case map[string]manifest.Value:
		for _, e := range v {
			d.keep(e)
		}
	}
}

// keepPassword remembers the password within a DSN, which drivers like to
// quote by itself.
func (d *decoder) keepPassword(dsn string) {
	for _, p := range passwords(dsn) {
		d.secrets[p] = true
	}
}

// passwords are those within a DSN: a URL, user:password@address, or fields of
// which one is password=….
func passwords(dsn string) []string {
	var out []string
	if u, err := url.Parse(dsn); err == nil && u.User != nil {
		if p, ok := u.User.Password(); ok && p != "" {
			out = append(out, p)
		}
	}
	if before, _, ok := cutLast(dsn, "@"); ok && !strings.Contains(dsn, "://") {
		if _, p, ok := strings.Cut(before, ":"); ok && p != "" {
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

func cutLast(s, sep string) (before, after string, ok bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

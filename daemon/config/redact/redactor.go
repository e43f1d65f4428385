// Package redact removes secrets from text.
package redact

import (
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// minSecret is the minimum length of a secret that is removed, because a
// shorter one occurs in text by chance.
const minSecret = 6

// Redactor removes secrets from text.
type Redactor struct{ replacer *strings.Replacer }

// New returns a Redactor of each secret of six bytes or more, including its
// escaped forms in URLs and JSON.
func New(secrets []string) *Redactor {
	forms := map[string]bool{}
	for _, s := range secrets {
		if len(s) < minSecret {
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
	for _, f := range LongestFirst(forms) {
		pairs = append(pairs, f, "(secret)")
	}
	return &Redactor{strings.NewReplacer(pairs...)}
}

// Redact returns s with each secret replaced by "(secret)".
func (r *Redactor) Redact(s string) string {
	if r == nil || r.replacer == nil || len(s) < minSecret {
		return s
	}
	return r.replacer.Replace(s)
}

// LongestFirst returns the strings of a set, the longest first.
func LongestFirst(set map[string]bool) []string {
	return slices.SortedFunc(maps.Keys(set), func(a, b string) int {
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return strings.Compare(a, b)
	})
}

// Package redact removes secrets from text.
package redact

import (
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// minSecret is the length of a secret from which on it is removed wherever it
// occurs. A shorter one occurs in other text by chance. From minWord on, it is
// removed where it is a word of its own.
const (
	minSecret = 6
	minWord   = 4
)

// Redactor removes secrets from text.
type Redactor struct {
	replacer *strings.Replacer
	words    []string
}

// New returns a Redactor of secrets, including their escaped forms in URLs and
// JSON. It ignores those of fewer than four bytes.
func New(secrets []string) *Redactor {
	forms, words := map[string]bool{}, []string(nil)
	for _, s := range secrets {
		if len(s) < minSecret {
			if len(s) >= minWord {
				words = append(words, s)
			}
			continue
		}
		quoted, _ := json.Marshal(s)
		for _, f := range []string{s, url.QueryEscape(s), url.PathEscape(s), string(quoted[1 : len(quoted)-1])} {
			forms[f] = true
		}
	}
	if len(forms) == 0 {
		return &Redactor{words: words}
	}
	var pairs []string
	for _, f := range LongestFirst(forms) {
		pairs = append(pairs, f, "(secret)")
	}
	return &Redactor{strings.NewReplacer(pairs...), words}
}

// Redact returns s with each secret replaced by "(secret)".
func (r *Redactor) Redact(s string) string {
	if r == nil || len(s) < minWord {
		return s
	}
	if r.replacer != nil {
		s = r.replacer.Replace(s)
	}
	for _, w := range r.words {
		s = withoutWord(s, w)
	}
	return s
}

// withoutWord replaces a secret where it is not part of a longer word.
func withoutWord(s, secret string) string {
	var b strings.Builder
	from := 0
	for i := 0; ; {
		n := strings.Index(s[i:], secret)
		if n < 0 {
			b.WriteString(s[from:])
			return b.String()
		}
		at, end := i+n, i+n+len(secret)
		i = at + 1
		if at > 0 && isWord(s[at-1]) && isWord(s[at]) || end < len(s) && isWord(s[end]) && isWord(s[end-1]) {
			continue
		}
		b.WriteString(s[from:at] + "(secret)")
		from, i = end, end
	}
}

func isWord(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c >= 0x80
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

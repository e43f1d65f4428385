package secret

import (
	"bytes"
	"iter"
)

// pattern is a text to find, and the secret that it stands for.
type pattern struct {
	text []byte
	of   *entry
}

func longestFirst(a, b pattern) int { return len(b.text) - len(a.text) }

// occurrences yields every place at which a pattern stands in b, from the
// left, the longest first where several begin. They may overlap.
func occurrences(b []byte, patterns []pattern) iter.Seq2[int, pattern] {
	return func(yield func(int, pattern) bool) {
		var few [8]int
		next := few[:0]
		for _, p := range patterns {
			next = append(next, bytes.Index(b, p.text))
		}
		for {
			first := -1
			for i, at := range next {
				if at >= 0 && (first < 0 || at < next[first]) {
					first = i
				}
			}
			if first < 0 {
				return
			}
			at, p := next[first], patterns[first]
			if !yield(at, p) {
				return
			}
			next[first] = -1
			if i := bytes.Index(b[at+1:], p.text); i >= 0 {
				next[first] = at + 1 + i
			}
		}
	}
}

// contains reports whether any of the patterns stands in b.
func contains(b []byte, patterns []pattern) bool {
	for _, p := range patterns {
		if bytes.Contains(b, p.text) {
			return true
		}
	}
	return false
}

// Reveal puts the real values where their placeholders stand, escaped for the
// form, and reports whether there was any. Without one it returns b itself.
func (v *Vault) Reveal(f Form, b []byte) (out []byte, used bool) {
	if !contains(b, v.marks) {
		return b, false
	}
	done := 0
	for at, p := range occurrences(b, v.marks) {
		if at < done {
			continue
		}
		out = append(out, b[done:at]...)
		out = append(out, p.of.in(f)...)
		done = at + len(p.text)
	}
	return append(out, b[done:]...), true
}

// Hide puts a placeholder wherever a secret stands in b, in any form that it
// may be echoed in. Where there is none it returns b itself. The raw form
// keeps its length; so does all that two overlapping ones cover.
func (v *Vault) Hide(b []byte) []byte {
	if !contains(b, v.patterns) {
		return b
	}
	s := stream{v: v}
	return s.feed(nil, b, true)
}

// HideString is Hide for a string.
func (v *Vault) HideString(s string) string {
	if v.Empty() {
		return s
	}
	return string(v.Hide([]byte(s)))
}

// Redact shows each secret and each placeholder as "(secret)": for messages,
// details and logs.
func (v *Vault) Redact(s string) string {
	if v.Empty() {
		return s
	}
	b, done := []byte(s), 0
	all := append(append([]pattern(nil), v.patterns...), v.marks...)
	var out []byte
	for at, p := range occurrences(b, all) {
		if at >= done {
			out = append(append(out, b[done:at]...), "(secret)"...)
		}
		done = max(done, at+len(p.text))
	}
	if done == 0 {
		return s
	}
	return string(append(out, b[done:]...))
}

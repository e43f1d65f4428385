package secret

import (
	"bytes"
	"iter"
	"slices"
	"strings"
)

// pattern is a text to find and the secret that it stands for.
type pattern struct {
	text   []byte
	folded []byte // for Redact, which ignores case
	of     *entry
}

func newPattern(text string, of *entry) pattern {
	return pattern{text: []byte(text), folded: fold([]byte(text)), of: of}
}

func longestFirst(a, b pattern) int { return len(b.text) - len(a.text) }

// occurrences yields every match of a pattern in b, from the left, the longest
// first if several begin at one place. They may overlap.
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

// Holds reports whether b contains a placeholder.
func (v *Vault) Holds(b []byte) bool {
	for _, p := range v.marks {
		if bytes.Contains(b, p.text) {
			return true
		}
	}
	return false
}

// Reveal replaces placeholders with the real values, escaped for the form, and
// reports whether there were any. If not, it returns b itself.
func (v *Vault) Reveal(f Form, b []byte) (out []byte, used bool) {
	if !v.Holds(b) {
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

// Whole returns the real value of a text that is exactly one placeholder, or
// the value of an option as the operator wrote it. For any other text it
// returns false, because a text that a guest assembled from a placeholder must
// not be revealed.
func (v *Vault) Whole(text string) (real string, ok bool) {
	if !slices.Contains(v.placed, text) && !slices.Contains(v.written, text) {
		return "", false
	}
	out, _ := v.Reveal(Raw, []byte(text))
	return string(out), true
}

// URL returns the real form of a URL that begins with a url option as the
// operator wrote it and has no placeholder after that. For any other URL ok is
// false.
func (v *Vault) URL(text string) (real string, ok bool) {
	longest := ""
	for _, u := range v.urls {
		if len(u) > len(longest) && strings.HasPrefix(text, u) {
			longest = u
		}
	}
	rest := text[len(longest):]
	if longest == "" || v.Holds([]byte(rest)) {
		return "", false
	}
	out, _ := v.Reveal(URL, []byte(longest))
	return string(out) + rest, true
}

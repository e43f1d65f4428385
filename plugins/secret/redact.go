package secret

import (
	"bytes"
	"cmp"
	"slices"
)

const (
	// telling is how many bytes of the beginning or end of a longer secret are
	// hidden wherever they occur: a peer may send, and a guest may keep, a part.
	telling = 16
	// minCut is how many bytes of a secret are hidden next to an ellipsis, with
	// which guests mark that they cut a text.
	minCut = 4
)

// Redact replaces each secret and each placeholder with "(secret)", in every
// form in which a peer is likely to echo it, for messages, details and logs. It
// ignores the case of ASCII letters, and also finds a secret that was cut off.
// A short secret counts only as a word of its own, or as the whole text.
// Its duration depends on the text, so nothing that a guest can time may wait
// for it.
func (v *Vault) Redact(s string) string {
	if slices.Contains(v.tiny, s) {
		return "(secret)"
	}
	if v.Empty() {
		return s
	}
	t := newSearch(s)
	for _, p := range v.patterns {
		t.find(p)
	}
	for _, p := range v.marks {
		t.find(p)
	}
	return t.hidden()
}

// search is a text in which secrets are being found.
type search struct {
	text   []byte
	folded []byte  // the text with its ASCII letters in lower case
	cuts   []int   // where each ellipsis begins
	found  []found // where secrets are, not in order
}

type found struct{ from, to int }

const ellipsis = "…"

func newSearch(s string) *search {
	t := &search{text: []byte(s)}
	t.folded = fold(t.text)
	for at := 0; ; at += len(ellipsis) {
		n := bytes.Index(t.text[at:], []byte(ellipsis))
		if n < 0 {
			return t
		}
		at += n
		t.cuts = append(t.cuts, at)
	}
}

// fold returns b with its ASCII letters in lower case.
func fold(b []byte) []byte {
	out := bytes.Clone(b)
	for i, c := range out {
		if c >= 'A' && c <= 'Z' {
			out[i] = c + 'a' - 'A'
		}
	}
	return out
}

// find finds a pattern, and what remains of it where it was cut off.
func (t *search) find(p pattern) {
	if p.of.short {
		for at := range each(t.text, p.text) {
			if to := at + len(p.text); !isPart(t.text, at, to) {
				t.add(at, to)
			}
		}
		return
	}
	head := p.folded[:min(len(p.folded), telling)]
	for at := range each(t.folded, head) {
		t.add(at, at+common(t.folded[at:], p.folded))
	}
	if len(p.folded) > telling {
		for at := range each(t.folded, p.folded[len(p.folded)-telling:]) {
			to := at + telling
			t.add(to-commonEnd(t.folded[:to], p.folded), to)
		}
	}
	for _, at := range t.cuts {
		t.besides(p.folded, at)
	}
}

// besides finds the beginning of a secret before an ellipsis, and its end after
// one. What is as long as telling was found already.
func (t *search) besides(secret []byte, at int) {
	before, after := t.folded[:at], t.folded[at+len(ellipsis):]
	for n := min(len(secret), telling) - 1; n >= minCut; n-- {
		if bytes.HasSuffix(before, secret[:n]) {
			t.add(at-n, at)
		}
		if bytes.HasPrefix(after, secret[len(secret)-n:]) {
			t.add(at+len(ellipsis), at+len(ellipsis)+n)
		}
	}
}

func (t *search) add(from, to int) { t.found = append(t.found, found{from, to}) }

// hidden returns the text with each secret replaced.
func (t *search) hidden() string {
	slices.SortFunc(t.found, func(a, b found) int { return cmp.Or(a.from-b.from, b.to-a.to) })
	var out []byte
	done := 0
	for _, f := range t.found {
		if f.from >= done {
			out = append(append(out, t.text[done:f.from]...), "(secret)"...)
		}
		done = max(done, f.to)
	}
	return string(append(out, t.text[done:]...))
}

// each yields where a text begins in b. The places may overlap.
func each(b, text []byte) func(yield func(int) bool) {
	return func(yield func(int) bool) {
		for from := 0; ; {
			n := bytes.Index(b[from:], text)
			if n < 0 || !yield(from+n) {
				return
			}
			from += n + 1
		}
	}
}

// common returns how many bytes a and b begin with in common.
func common(a, b []byte) int {
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return n
}

// commonEnd returns how many bytes a and b end with in common.
func commonEnd(a, b []byte) int {
	n := 0
	for n < min(len(a), len(b)) && a[len(a)-1-n] == b[len(b)-1-n] {
		n++
	}
	return n
}

// isPart reports whether a range of b is part of a longer word.
func isPart(b []byte, from, to int) bool {
	return from > 0 && isWord(b[from-1]) && isWord(b[from]) || to < len(b) && isWord(b[to]) && isWord(b[to-1])
}

func isWord(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c >= 0x80
}

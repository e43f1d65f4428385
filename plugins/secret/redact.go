package secret

import "slices"

// Redact replaces each secret and each placeholder with "(secret)", in every
// form in which a peer is likely to echo it, for messages, details and logs.
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
	b, done := []byte(s), 0
	all := append(append([]pattern(nil), v.patterns...), v.marks...)
	var out []byte
	for at, p := range occurrences(b, all) {
		if p.of.short && isPart(b, at, at+len(p.text)) {
			continue
		}
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

// isPart reports whether a range of b is part of a longer word.
func isPart(b []byte, from, to int) bool {
	return from > 0 && isWord(b[from-1]) && isWord(b[from]) || to < len(b) && isWord(b[to]) && isWord(b[to-1])
}

func isWord(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c >= 0x80
}

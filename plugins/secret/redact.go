package secret

// Redact replaces each secret and each placeholder with "(secret)", in every
// form in which a peer is likely to echo it, for messages, details and logs.
// Its duration depends on the text, so nothing that a guest can time may wait
// for it.
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

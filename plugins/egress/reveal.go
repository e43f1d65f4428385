package egress

import (
	"strings"

	"vega/plugins/secret"
)

// Where placeholders are replaced: a header, basic auth and the URL that the
// operator wrote may carry a whole secret, because the peer checks it there.
// Elsewhere (in a body, on a connection, and in any text that the guest
// assembled itself), the peer could compute on the secret for the guest and
// report the result, so the grants must allow it.

// revealed replaces placeholders in arbitrary bytes. what describes them in a
// denial.
func (s *Session) revealed(f secret.Form, b []byte, what string) (out []byte, used bool, err error) {
	if !s.vault.Holds(b) {
		return b, false, nil
	}
	if err := s.grants.AllowsSecrets(what); err != nil {
		return nil, true, s.deny(err)
	}
	out, used = s.vault.Reveal(f, b)
	return out, used, nil
}

// revealedURL replaces placeholders in a URL.
func (s *Session) revealedURL(raw, origin string) (text string, used bool, err error) {
	if !s.vault.Holds([]byte(raw)) {
		return raw, false, nil
	}
	if real, ok := s.vault.URL(raw); ok {
		return real, true, nil
	}
	b, used, err := s.revealed(secret.URL, []byte(raw), "a secret to "+origin+" in a URL that does not start with the configured URL")
	return string(b), used, err
}

// revealedValue replaces the placeholder in a header value: one secret, alone
// or after one word such as Bearer.
func (s *Session) revealedValue(text, what string) (value string, used bool, err error) {
	if !s.vault.Holds([]byte(text)) {
		return text, false, nil
	}
	if real, ok := s.vault.Whole(text); ok {
		return real, true, nil
	}
	if scheme, rest, ok := strings.Cut(text, " "); ok && isToken(scheme) && !s.vault.Holds([]byte(scheme)) {
		if real, ok := s.vault.Whole(rest); ok {
			return scheme + " " + real, true, nil
		}
	}
	b, used, err := s.revealed(secret.Raw, []byte(text), what)
	return string(b), used, err
}

// revealedWhole replaces a placeholder if it is the whole text.
func (s *Session) revealedWhole(p *string, what string) (text string, used bool, err error) {
	if p == nil || !s.vault.Holds([]byte(*p)) {
		return valueOf(p), false, nil
	}
	if real, ok := s.vault.Whole(*p); ok {
		return real, true, nil
	}
	b, used, err := s.revealed(secret.Raw, []byte(*p), what)
	return string(b), used, err
}

func valueOf(p *string) string {
	if p == nil {
		return ""
	}
	return *p
}

package secret

import (
	"crypto/rand"
	"slices"
	"strings"
)

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

// letters is how many letters are in alphabet, before the digits.
const letters = 52

// placeholder returns a placeholder for a secret with the given forms, as long
// as the first of them.
func (v *Vault) placeholder(forms []string) string {
	for {
		s := random(len(forms[0]))
		if len(s) < MinSize {
			s = mixed(s)
		}
		if slices.Contains(v.placed, s) || v.isReal(s) || completes(s, forms) {
			continue
		}
		v.placed = append(v.placed, s)
		return s
	}
}

func (v *Vault) isReal(s string) bool {
	for _, e := range v.entries {
		if e.real == s {
			return true
		}
	}
	return false
}

// completes reports whether the placeholder, together with adjacent text, could
// spell one of the secret's forms.
func completes(s string, forms []string) bool {
	for _, f := range forms {
		for n := 1; n <= min(len(s), len(f)); n++ {
			if s[len(s)-n:] == f[:n] || s[:n] == f[len(f)-n:] {
				return true
			}
		}
	}
	return false
}

// random returns n random characters of the alphabet, uniformly distributed.
func random(n int) string {
	const fair = 256 - 256%len(alphabet)
	out := make([]byte, 0, n)
	buf := make([]byte, n+n/16+8)
	for {
		_, _ = rand.Read(buf) // never fails; it aborts the program instead
		for _, b := range buf {
			if int(b) < fair {
				if out = append(out, alphabet[int(b)%len(alphabet)]); len(out) == n {
					return string(out)
				}
			}
		}
	}
}

// mixed alternates letters and digits in a short placeholder, so that it is not
// a word that a protocol or a text contains by chance.
func mixed(s string) string {
	out := []byte(s)
	for i, c := range out {
		n := strings.IndexByte(alphabet, c)
		if i%2 == 0 {
			out[i] = alphabet[n%letters]
		} else {
			out[i] = alphabet[letters+n%(len(alphabet)-letters)]
		}
	}
	return string(out)
}

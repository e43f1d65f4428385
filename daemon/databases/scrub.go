package databases

import (
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"vega/plugins/manifest"
)

const hidden = "(secret)"

// minSecret is the length from which on a part of a DSN is hidden. Shorter ones
// would match inside ordinary words.
const minSecret = 4

// scrubber removes from a text what was read from the secret parts of a DSN.
type scrubber struct {
	secrets *strings.Replacer // passwords, wherever they occur
	words   []string          // hosts, users and names of databases, as whole words
}

// newScrubber returns the scrubber for a DSN. password and words are what the
// driver read from it; words that the operator wrote as a literal are not
// secret.
func newScrubber(dsn manifest.Text, password string, words ...string) *scrubber {
	secrets := []string{password}
	manifest.Secrets(dsn, func(s string) { secrets = append(secrets, s) })
	if dsn.HasSecret() {
		secrets = append(secrets, dsn.Reveal())
	}
	var pairs []string
	for _, s := range secrets {
		for _, form := range []string{s, url.QueryEscape(s), url.PathEscape(s)} {
			if len(form) >= minSecret {
				pairs = append(pairs, form, hidden)
			}
		}
	}
	words = slices.DeleteFunc(words, func(w string) bool { return w == "" || literal(dsn, w) })
	slices.SortFunc(words, func(a, b string) int { return len(b) - len(a) })
	return &scrubber{strings.NewReplacer(pairs...), words}
}

// literal reports whether a word is part of what the operator wrote in the
// configuration, or was not in the DSN at all, such as a default.
func literal(dsn manifest.Text, word string) bool {
	for _, p := range dsn {
		if !p.Secret && strings.Contains(p.Text, word) {
			return true
		}
	}
	return !strings.Contains(dsn.Reveal(), word) && !strings.Contains(dsn.Reveal(), url.QueryEscape(word))
}

// replace returns the text without secrets. It replaces whole words first,
// because a password may be a part of one.
func (s *scrubber) replace(text string) string {
	for _, w := range s.words {
		text = replaceWord(text, w)
	}
	return s.secrets.Replace(text)
}

// replaceWord hides a word that is not part of a longer one.
func replaceWord(text, word string) string {
	var b strings.Builder
	for from := 0; ; {
		i := strings.Index(text[from:], word)
		if i < 0 {
			return b.String() + text[from:]
		}
		start, end := from+i, from+i+len(word)
		before, _ := utf8.DecodeLastRuneInString(text[:start])
		after, _ := utf8.DecodeRuneInString(text[end:])
		b.WriteString(text[from:start])
		if inWord(before) || inWord(after) {
			b.WriteString(word)
		} else {
			b.WriteString(hidden)
		}
		from = end
	}
}

func inWord(r rune) bool {
	return r != utf8.RuneError && (r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r))
}

package console

import (
	"fmt"
	"io"
	"strings"
	"unicode"
)

// Printable makes every character of untrusted text visible, such as of a file's name:
// it replaces those that are invisible or would move the cursor by their escapes. Line
// breaks and tabs stay.
func Printable(s string) string {
	if !strings.ContainsFunc(s, isHidden) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case r > 0xffff && isHidden(r):
			fmt.Fprintf(&b, `\U%08x`, r)
		case isHidden(r):
			fmt.Fprintf(&b, `\u%04x`, r) // also an escape in JSON
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func isHidden(r rune) bool {
	switch {
	case r == '\n' || r == '\t':
		return false
	default:
		return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029'
	}
}

// Plain returns a writer that passes on what it is given as Printable returns it.
func Plain(w io.Writer) io.Writer { return plain{w} }

type plain struct{ io.Writer }

// Write implements io.Writer.
func (p plain) Write(b []byte) (int, error) {
	if _, err := io.WriteString(p.Writer, Printable(string(b))); err != nil {
		return 0, err
	}
	return len(b), nil
}

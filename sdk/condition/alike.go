package condition

import (
	"strings"
	"unicode/utf8"
)

// Alike reports whether two texts look the same in a message, as "café" does
// with one character at its end and with two. It ignores characters that can't
// be seen, and tells no kinds of space, hyphen, quote and composition apart, nor
// Latin letters from those that other scripts write like them.
func Alike(a, b string) bool {
	for a != "" || b != "" {
		x, n := look(a)
		y, m := look(b)
		if !x.is(y) {
			return false
		}
		a, b = a[n:], b[m:]
	}
	return true
}

// FindAlike returns the first part of a text that is like wanted, without regard
// to the case of ASCII letters, or "". It compares a limited number of
// characters.
func FindAlike(text, wanted string) string {
	const most = 32 << 10
	var want []glyph
	for rest := wanted; rest != ""; {
		g, n := look(rest)
		want, rest = append(want, g.lower()), rest[n:]
	}
	if len(want) == 0 || want[0].base < 0 {
		return ""
	}
	for from, compared := 0, 0; from < len(text) && compared < most; compared++ {
		first, n := look(text[from:])
		if first.lower().is(want[0]) {
			end := from + n
			matched := 1
			for matched < len(want) && end < len(text) {
				x, m := look(text[end:])
				if compared++; !x.lower().is(want[matched]) {
					break
				}
				matched++
				end += m
			}
			if matched == len(want) {
				return text[from:end]
			}
		}
		from += n
	}
	return ""
}

// Escaped quotes a text with an escape for everything but printable ASCII, as
// HCL and JSON write it.
func Escaped(s string) string {
	const hex = "0123456789abcdef"
	var b strings.Builder
	b.WriteByte('"')
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		i += n
		switch at := strings.IndexRune("\n\r\t\"\\", r); {
		case at >= 0:
			b.WriteByte('\\')
			b.WriteByte(`nrt"\`[at])
		case r >= ' ' && r < 0x7f:
			b.WriteByte(byte(r))
		default:
			letter, shift := "\\u", 12
			if r > 0xffff {
				letter, shift = "\\U", 28
			}
			b.WriteString(letter)
			for ; shift >= 0; shift -= 4 {
				b.WriteByte(hex[r>>shift&15])
			}
		}
	}
	b.WriteByte('"')
	return b.String()
}

// glyph is a character as it looks.
type glyph struct {
	base  rune // -1 at the end
	marks int  // combining characters
}

// is reports whether two glyphs look the same. A letter with marks may be
// written as one character.
func (g glyph) is(h glyph) bool {
	const composed = 0xC0 // the first letter with a mark
	return g == h || g.marks > h.marks && h.base >= composed || h.marks > g.marks && g.base >= composed
}

func (g glyph) lower() glyph {
	if g.base >= 'A' && g.base <= 'Z' {
		g.base += 'a' - 'A'
	}
	return g
}

// look returns the first glyph of a text and how many bytes it takes, with what
// can't be seen around it.
func look(s string) (glyph, int) {
	g := glyph{base: -1}
	for i := 0; i < len(s); {
		r, n := rune(s[i]), 1
		if r >= utf8.RuneSelf {
			r, n = utf8.DecodeRuneInString(s[i:])
		}
		if isLetter(r) { // a shortcut for most texts
			if g.base >= 0 {
				return g, i
			}
			g.base = r
			i += n
			continue
		}
		switch r = plainer(r); {
		case isIn(unseen, r) || r == ' ' && g.base == ' ':
		case g.base >= 0 && isIn(marks, r):
			g.marks++
		case g.base >= 0:
			return g, i
		default:
			g.base = r
		}
		i += n
	}
	return g, len(s)
}

// isLetter reports whether a character is of a range in which all can be seen
// and none is like one of another range.
func isLetter(r rune) bool {
	return r > ' ' && r < 0x7f || r >= 0xC0 && r < 0x300 || r >= 0x3400 && r < 0xFE00
}

// plainer returns a character that looks the same and is easier to type.
func plainer(r rune) rune {
	const (
		typed   = "-----\"\"''aeopcyxisjABEKMHOPCTYXABEZHIKMNOPTYXo"
		printed = "\u2010\u2011\u2012\u2013\u2212\u201c\u201d\u2018\u2019" +
			"\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0455\u0458\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0423\u0425" + // Cyrillic
			"\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u03bf" // Greek
	)
	if isIn(spaces, r) {
		return ' '
	}
	if r < 0x80 {
		return r
	}
	at := 0
	for _, p := range printed {
		if p == r {
			return rune(typed[at])
		}
		at++
	}
	return r
}

// span is a range of characters.
type span struct{ from, to rune }

var (
	spaces = []span{{'\t', '\r'}, {0x85, 0x85}, {0xA0, 0xA0}, {0x1680, 0x1680}, {0x2000, 0x200A}, {0x2028, 0x2029}, {0x202F, 0x202F}, {0x205F, 0x205F}, {0x3000, 0x3000}}
	unseen = []span{{0, 0x1F}, {0x7F, 0x9F}, {0xAD, 0xAD}, {0x34F, 0x34F}, {0x61C, 0x61C}, {0x180B, 0x180F}, {0x200B, 0x200F}, {0x202A, 0x202E}, {0x2060, 0x206F}, {0xFE00, 0xFE0F}, {0xFEFF, 0xFEFF}, {0xE0000, 0xE0FFF}}
	// marks are combining characters, and the vowels and finals of Korean
	// syllables that are written in parts.
	marks = []span{{0x300, 0x36F}, {0x1160, 0x11FF}, {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF}, {0x20D0, 0x20FF}, {0x3099, 0x309A}, {0xFE20, 0xFE2F}}
)

func isIn(spans []span, r rune) bool {
	for _, s := range spans {
		if r >= s.from && r <= s.to {
			return true
		}
	}
	return false
}

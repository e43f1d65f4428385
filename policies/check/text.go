package check

import (
	"math"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Milliseconds returns d in milliseconds, rounded to a microsecond.
func Milliseconds(d time.Duration) float64 {
	return math.Round(float64(d)/float64(time.Microsecond)) / 1000
}

// Clip returns s cut to at most limit bytes, at a character, with an ellipsis
// where anything was cut. The ellipsis is not counted.
func Clip(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit] + "…"
}

// OneLine returns text that fits in a line of a log or a table and can't move
// the cursor or pass for another line: valid UTF-8 in which line breaks and
// tabs are spaces, and other control characters, invisible ones and the blanks
// at both ends are gone.
func OneLine(s string) string {
	if plain(s) {
		return strings.TrimSpace(s)
	}
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r' || r == '\t':
			return ' '
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029':
			return -1
		default:
			return r
		}
	}, strings.ToValidUTF8(s, "\uFFFD")))
}

// plain reports whether s is printable ASCII, as most messages are.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

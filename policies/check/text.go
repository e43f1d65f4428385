package check

import (
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Milliseconds returns d in milliseconds, rounded to a microsecond.
func Milliseconds(d time.Duration) float64 {
	return math.Round(float64(d)/float64(time.Microsecond)) / 1000
}

// Clip cuts s to at most limit bytes, at a character boundary, and appends an
// ellipsis if it cut anything. The limit does not include the ellipsis.
func Clip(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit] + "…"
}

// OneLine makes s safe to print on one line of a log or a table. It replaces
// invalid UTF-8, turns line breaks and tabs into spaces, and removes all other
// control and formatting characters and the spaces at both ends.
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

// Span formats a duration as a person writes it: 5m, not 5m0s.
func Span(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// Units are the names of days, hours, minutes and seconds, and what stands between two.
type Units struct{ Day, Hour, Minute, Second, Between string }

// Elapsed formats a duration by its two largest units, to the second: 3d 4h, 2h 5m, 45s.
// The second unit is left out if there isn't one of it. A negative duration counts as 0.
func (u Units) Elapsed(d time.Duration) string {
	d = max(d, 0).Round(time.Second)
	units := []struct {
		size time.Duration
		name string
	}{{24 * time.Hour, u.Day}, {time.Hour, u.Hour}, {time.Minute, u.Minute}, {time.Second, u.Second}}
	for i, unit := range units {
		if d < unit.size {
			continue
		}
		text := strconv.FormatInt(int64(d/unit.size), 10) + unit.name
		if rest := d % unit.size; i+1 < len(units) && rest >= units[i+1].size {
			text += u.Between + strconv.FormatInt(int64(rest/units[i+1].size), 10) + units[i+1].name
		}
		return text
	}
	return "0" + u.Second
}

// Bytes formats a size for display, such as "1.5 GiB" and "12 KiB".
func Bytes(v float64) string {
	units := []string{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"}
	n := 0
	for v >= 1023.95 && n < len(units)-1 { // 1023.95 KiB would be rounded to 1024 KiB
		v /= 1024
		n++
	}
	return Rounded(v) + " " + units[n]
}

// Rounded formats v with one decimal, unless that decimal is 0. Values between -1 and 1
// get two significant digits.
func Rounded(v float64) string {
	if v != 0 && v > -1 && v < 1 {
		return strconv.FormatFloat(v, 'g', 2, 64)
	}
	return strings.TrimSuffix(strconv.FormatFloat(v, 'f', 1, 64), ".0")
}

// ParseSpan reads a duration as a person writes it: that of time.ParseDuration, or
// a whole number of days (30d) or weeks (2w).
func ParseSpan(text string) (time.Duration, error) {
	for unit, of := range map[string]time.Duration{"d": 24 * time.Hour, "w": 7 * 24 * time.Hour} {
		if number, ok := strings.CutSuffix(text, unit); ok {
			n, err := strconv.ParseUint(number, 10, 12) // at most 4095, far below the longest duration
			return time.Duration(n) * of, err
		}
	}
	return time.ParseDuration(text)
}

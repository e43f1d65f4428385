package ui

import (
	"fmt"
	"math"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"vega/policies/check"
)

// The sizes of text from others, in bytes.
const (
	shown  = 240      // before the rest is folded
	folded = 64 << 10 // in a page at most
)

// Text returns text from a target, a plugin or a caller. Long text is folded, and cut at
// 64 KiB. Its direction and its control characters change nothing around it.
func Text(s string) g.Node {
	if len(s) <= shown && !strings.Contains(s, "\n") {
		return bdi(g.Text(Clean(s)))
	}
	first, _, _ := strings.Cut(Clean(Cut(s, shown)), "\n")
	whole := Cut(s, folded)
	rest := ""
	if len(whole) < len(s) {
		rest = fmt.Sprintf("\n… and %d more bytes", len(s)-len(whole))
	}
	return h.Details(h.Class("long"), h.Summary(bdi(g.Text(first+" …"))), h.Pre(h.TabIndex("0"), bdi(g.Text(Clean(whole)+rest))))
}

// maxName limits a name from a probe or a database, in bytes.
const maxName = 200

// Name returns a name, whose direction and control characters change nothing around it.
func Name(s string) g.Node { return bdi(g.Text(Clean(Cut(s, maxName)))) }

// Cut returns at most n bytes of text, in whole characters.
func Cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// Clean replaces what is not UTF-8, and characters that control a terminal or the direction
// of text, except for line feeds and tabs.
func Clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\t':
			return r
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r), r == utf8.RuneError:
			return '\uFFFD'
		}
		return r
	}, s)
}

// Link returns a link to another site, or only its text if the address is not one of http
// or https.
func Link(address, text string) g.Node {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return bdi(g.Text(Clean(text)))
	}
	return h.A(h.Href(u.String()), h.Rel("noreferrer"), bdi(g.Text(Clean(text))))
}

// Time returns a moment in UTC. The script shows how long ago that is. The zero time is a
// dash.
func Time(t time.Time) g.Node {
	if t.IsZero() {
		return None()
	}
	t = t.UTC()
	return h.Time(h.DateTime(t.Format(time.RFC3339)), g.Attr("data-age"), g.Text(t.Format("2006-01-02 15:04:05 UTC")))
}

// At returns a moment that stays a date, for text such as "until", which an age doesn't fit.
func At(t time.Time) g.Node {
	t = t.UTC()
	return h.Time(h.DateTime(t.Format(time.RFC3339)), g.Text(t.Format("2006-01-02 15:04 UTC")))
}

// None returns what stands for a missing value.
func None() g.Node { return h.Span(h.Class("none"), g.Text("–")) }

// Duration returns a duration in its two largest units, such as 340 ms, 2.5 s, 3 min 20 s
// and 5 d 3 h.
func Duration(d time.Duration) string {
	if d < 0 {
		return "-" + Duration(-max(d, -math.MaxInt64))
	}
	if d >= time.Millisecond {
		d = d.Round(time.Millisecond)
	}
	if d >= time.Second {
		d = d.Round(100 * time.Millisecond)
	}
	switch {
	case d < time.Millisecond:
		return fmt.Sprintf("%.2g ms", float64(d)/1e6)
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < time.Minute:
		return strings.TrimSuffix(fmt.Sprintf("%.1f", d.Seconds()), ".0") + " s"
	default:
		return units.Elapsed(d)
	}
}

// units are those of durations on pages.
var units = check.Units{Day: " d", Hour: " h", Minute: " min", Second: " s", Between: " "}

// Bytes returns a size, such as 12 KiB.
func Bytes(n int64) string { return check.Bytes(float64(n)) }

// Count returns a number with its noun, such as "1 run" and "3 runs".
func Count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// bdi keeps the direction of text to itself.
func bdi(text g.Node) g.Node { return g.El("bdi", text) }

package main

import (
	"strconv"
	"strings"

	"vega/plugins/core/ascii"
	"vega/sdk"
	"vega/sdk/condition"
)

// short formats a duration for an operator.
func short(d sdk.Duration) string {
	if d < 10*sdk.Millisecond {
		return d.Round(10 * sdk.Microsecond).String()
	}
	return d.Round(sdk.Millisecond).String()
}

// quote returns the beginning of a peer's text, on one line.
func quote(s string) string {
	if s = trim(s); s == "" {
		return "nothing"
	}
	return quoteExactly(s)
}

// quoteExactly is quote for a text whose spaces count.
func quoteExactly(s string) string {
	const maximum = 120
	if len(s) > maximum {
		n := maximum
		for n > 0 && s[n]&0xC0 == 0x80 { // in the middle of a character
			n--
		}
		s = s[:n] + "…"
	}
	return `"` + condition.OneLine(s) + `"`
}

// difference says how a value differs from the expected one where that can't be
// seen in a message: in characters that look alike, or after the part that quote
// shows.
func difference(got, want string) string {
	at := 0
	for at < min(len(got), len(want)) && got[at] == want[at] {
		at++
	}
	switch {
	case got == want:
		return ""
	case condition.Alike(got, want):
		return "; they look alike, but " + condition.Escaped(window(got, at)) + " is not " + condition.Escaped(window(want, at))
	case at >= condition.Shown:
		return "; they differ after " + plural(at, "byte") + ": " + quoteExactly(window(got, at)) + " is not " + quoteExactly(window(want, at))
	default:
		return ""
	}
}

// window returns the part of a text around an offset.
func window(s string, at int) string {
	const before, after = 20, 40
	from, to := max(0, at-before), min(len(s), at+after)
	for from > 0 && s[from]&0xC0 == 0x80 { // in the middle of a character
		from--
	}
	for to < len(s) && s[to]&0xC0 == 0x80 {
		to++
	}
	if s = s[from:to]; from > 0 {
		return "…" + s
	}
	return s
}

func trim(s string) string { return ascii.Trim(s) }

func lower(s string) string { return ascii.Lower(s) }

// some lists up to ten names.
func some(names []string) string {
	const maximum = 10
	if len(names) == 0 {
		return "none"
	}
	if len(names) <= maximum {
		return strings.Join(names, ", ")
	}
	return strings.Join(names[:maximum], ", ") + " and " + strconv.Itoa(len(names)-maximum) + " more"
}

// plural returns a count with its noun.
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

// worst joins results: the worst status and every message.
func worst(results []sdk.Result) sdk.Result {
	rank := func(r sdk.Result) int { return [...]int{0, 2, 3, 1}[r.Status] }
	out := results[0]
	for _, r := range results[1:] {
		message := out.Message + "; " + r.Message
		if rank(r) > rank(out) {
			out = r
		}
		out.Message = message
	}
	return out
}

// origin returns the scheme, host and port of a URL, which name the target and
// contain no secret.
func origin(url string) string {
	scheme, rest, ok := strings.Cut(url, "://")
	if !ok {
		return "the target"
	}
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		rest = rest[:i]
	}
	return scheme + "://" + rest[strings.LastIndexByte(rest, '@')+1:]
}

// join appends a path to a base URL.
func join(base, path string) string { return strings.TrimRight(base, "/") + path }

// withQuery adds a parameter to a URL.
func withQuery(url, name, value string) string {
	mark := "?"
	if strings.Contains(url, "?") {
		mark = "&"
	}
	return url + mark + name + "=" + escape(value)
}

// escape percent-encodes a query value.
func escape(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.' || c == '~' {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('%')
		b.WriteByte(hex[c>>4])
		b.WriteByte(hex[c&15])
	}
	return b.String()
}

// hostOf returns the host of host:port, without brackets.
func hostOf(address string) string {
	if i := strings.LastIndexByte(address, ':'); i >= 0 {
		address = address[:i]
	}
	return strings.Trim(address, "[]")
}

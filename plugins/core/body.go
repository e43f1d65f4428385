package main

import (
	"errors"
	"io"
	"strings"

	"vega/sdk"
	"vega/sdk/condition"
)

const (
	bodyLimit = 1 << 20 // how much of a body is searched
	endLimit  = 8 << 20 // how much of a body is read to find its end
)

// body is a response's body, read as far as the expectations need it.
type body struct {
	answer *sdk.Response
	limit  int
	text   []byte // what was read, if it is kept
	size   int    // how much was read
	keep   bool
	ended  bool
	err    error // why there is no more
	buf    []byte
}

// more reads another piece. It returns false at the end, at the limit and on an
// error.
func (b *body) more() bool {
	if b.ended || b.err != nil || b.size >= b.limit {
		return false
	}
	if b.buf == nil {
		b.buf = make([]byte, 16<<10)
	}
	n, err := b.answer.Read(b.buf[:min(len(b.buf), b.limit-b.size)])
	b.size += n
	if b.keep {
		b.text = append(b.text, b.buf[:n]...)
	}
	switch {
	case errors.Is(err, io.EOF):
		b.ended = true
	case err != nil:
		b.err = err
	}
	return n > 0
}

// finish reads what is left, up to a limit, so that a body that is cut off is
// noticed.
func (b *body) finish(limit int) {
	b.keep, b.limit = false, limit
	for b.more() {
	}
}

// atLimit reports whether the body ends at the limit that was just reached.
func (b *body) atLimit() {
	if b.ended || b.err != nil {
		return
	}
	switch _, err := b.answer.Read(make([]byte, 1)); { // this byte does not count
	case errors.Is(err, io.EOF):
		b.ended = true
	case err != nil && !errors.Is(err, sdk.ErrTooLarge):
		b.err = err
	}
}

// failed returns the result for a body that could not be read, or nil.
func (b *body) failed(who string) *sdk.Result {
	if b.err == nil {
		return nil
	}
	var result sdk.Result
	switch {
	case errors.Is(b.err, sdk.ErrTimeout):
		result = sdk.Unhealthy(who + " sent its headers and " + plural(b.size, "byte") + ", but the body did not end in time; it is overloaded or hung, or the timeout is too short")
	case errors.Is(b.err, sdk.ErrReset):
		result = sdk.Unhealthy(who + " closed the connection after " + plural(b.size, "byte") + " of the body, before its end; look into its log")
	default:
		result = sdk.Failed(who, b.err)
	}
	return &result
}

// streams are the types of bodies that have no end by design: events, records,
// and the pictures of a camera.
var streams = []string{
	"text/event-stream", "multipart/x-mixed-replace", "application/x-ndjson", "application/jsonl", "application/stream+json",
	"application/json-seq", "application/json;stream=watch",
}

// isStream reports whether the body is a stream. A radio station is one, too.
func isStream(answer *sdk.Response) bool {
	kind := lower(trim(answer.Header("Content-Type")))
	for _, s := range streams {
		if strings.HasPrefix(kind, s) {
			return true
		}
	}
	media := strings.HasPrefix(kind, "audio/") || strings.HasPrefix(kind, "video/")
	return media && answer.Header("Content-Length") == ""
}

// search is a text or expression that a body must contain, or must not.
type search struct {
	option  string
	wanted  string
	regex   bool
	reject  bool
	found   bool
	seen    int // bytes that were searched
	matched int // bytes that all matches have looked at
}

// searches returns what the body is searched for.
func searches(r *sdk.Run) []*search {
	var all []*search
	for _, s := range []search{
		{option: "expect_body"},
		{option: "expect_regex", regex: true},
		{option: "reject_body", reject: true},
		{option: "reject_regex", regex: true, reject: true},
	} {
		if r.Has(s.option) {
			s.wanted = r.String(s.option)
			all = append(all, &s)
		}
	}
	return all
}

// matchWork is how many bytes may be matched again and again while a body
// arrives. Beyond it, an expression is matched only when the body has grown by
// a quarter.
const matchWork = 2 << 20

// look searches the text that is there. last means that no more will be read,
// and ended that the text is whole.
func (s *search) look(r *sdk.Run, text []byte, last, ended bool) error {
	if s.found {
		return nil
	}
	if !s.regex {
		from := max(0, s.seen-len(s.wanted))
		s.found = strings.Contains(string(text[from:]), s.wanted)
		s.seen = len(text)
		return nil
	}
	part := text
	if !ended {
		part = text[:decidable(s.wanted, text)]
	}
	soon := s.matched > matchWork && len(part) < s.seen+s.seen/4
	if !last && (soon || len(part) == s.seen) {
		return nil
	}
	s.seen, s.matched = len(part), s.matched+len(part)
	var err error
	s.found, err = r.Match(s.wanted, string(part))
	return err
}

// decidable returns how much of the beginning of a text can be matched while
// more may follow: what follows must not change the result. That is nothing if
// the expression asks for the end of the text, and whole lines if it asks for
// the end of a line or word.
func decidable(expression string, text []byte) int {
	lineEnd := strings.Contains(expression, "$")
	switch {
	case strings.Contains(expression, `\z`), lineEnd && !multiline(expression):
		return 0
	case lineEnd, strings.Contains(expression, `\b`), strings.Contains(expression, `\B`):
		return max(0, strings.LastIndexByte(string(text), '\n'))
	default:
		return len(text)
	}
}

// multiline reports whether $ is the end of a line in the whole expression.
func multiline(expression string) bool {
	flags, rest, ok := strings.Cut(expression, ")")
	plain := strings.Count(rest, "(?:") + strings.Count(rest, "(?P<") + strings.Count(rest, "(?<")
	return ok && strings.HasPrefix(flags, "(?") && strings.Contains(flags, "m") &&
		!strings.ContainsAny(flags[2:], "-:<(") && plain == strings.Count(rest, "(?")
}

// searchBody reads the body until everything is found, and returns a result if
// something is missing or must not be there.
func searchBody(r *sdk.Run, who string, b *body) *sdk.Result {
	all := searches(r)
	b.keep = len(all) > 0
	for pending := len(all) > 0; pending; {
		more := b.more()
		pending = false
		for _, s := range all {
			if err := s.look(r, b.text, !more, b.ended); err != nil {
				return matchFailed(s, err)
			}
			if s.found && s.reject {
				return unhealthy("the response of " + who + " contains what " + s.option + " rejects: " + quote(s.wanted))
			}
			pending = pending || !s.found
		}
		if !more {
			return missing(r, who, b, all)
		}
	}
	return nil
}

func matchFailed(s *search, err error) *sdk.Result {
	text := "could not match " + s.option + ": " + err.Error()
	if errors.Is(err, sdk.ErrInvalid) {
		text = s.option + " is not a valid regular expression: " + err.Error()
	}
	result := sdk.Unknown(text)
	return &result
}

// missing returns a result if something was not found in the whole body, or in
// what was read of it.
func missing(r *sdk.Run, who string, b *body, all []*search) *sdk.Result {
	full := b.size >= b.limit && !b.ended
	if full {
		b.atLimit()
		full = !b.ended && b.err == nil
	}
	for _, s := range all {
		verb := " does not contain "
		if s.regex {
			verb = " does not match "
		}
		switch {
		case s.found:
		case b.err != nil:
			return b.failed(who)
		case full:
			result := sdk.Unknown("the response of " + who + " is longer than 1 MiB, the part that vega searches, which" + verb + quote(s.wanted) + " (" + s.option + "); check a smaller page")
			return &result
		case !s.reject:
			return unhealthy("the response of " + who + verb + quote(s.wanted) + "; " + beginning(b.text) + s.almost(r, b.text))
		}
	}
	return nil
}

// beginning says how a body begins.
func beginning(text []byte) string {
	if len(text) > 2 && text[0] == 0x1f && text[1] == 0x8b {
		return "it is compressed, without the header Content-Encoding: gzip; correct the server"
	}
	if trim(string(text)) == "" {
		return "it is empty"
	}
	return "it begins with " + quote(string(text))
}

// almost says what in the text is nearly what was looked for, or returns "".
func (s *search) almost(r *sdk.Run, text []byte) string {
	if s.regex {
		return almostMatch(r, s.wanted, string(text))
	}
	return almostText(text, s.wanted)
}

// almostText says what in a text looks like what was looked for, or returns "".
func almostText(text []byte, wanted string) string {
	const most = 64 << 10 // beyond, it is not worth the computing time
	found := condition.FindAlike(string(text[:min(len(text), most)]), wanted)
	switch {
	case found == "":
		return ""
	case condition.Alike(found, wanted):
		return "; it contains what looks alike, but " + condition.Escaped(window(found, 0)) + " is not " + condition.Escaped(window(wanted, 0))
	default:
		return "; it contains " + quoteExactly(found) + ", whose case differs"
	}
}

// almostMatch says how an expression would match, or returns "".
func almostMatch(r *sdk.Run, expression, text string) string {
	const most = 8 << 10 // each try costs computing time
	text = text[:min(len(text), most)]
	for _, try := range [...]struct{ expression, text, hint string }{
		{"(?m)" + expression, text, "(?m) before it, so that ^ and $ match at lines"},
		{"(?m)" + expression, strings.ReplaceAll(text, "\r\n", "\n"), `(?m) before it and \r?$ for $, because lines end in \r\n`},
		{"(?s)" + expression, text, "(?s) before it, so that . matches line breaks"},
		{"(?i)" + expression, text, "(?i) before it, so that case does not matter"},
	} {
		if ok, err := r.Match(try.expression, try.text); ok && err == nil {
			return "; it matches with " + try.hint
		}
	}
	return ""
}

package main

import (
	"errors"
	"io"
	"strings"

	"vega/sdk"
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

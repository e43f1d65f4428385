package telemetry

import (
	"context"
	"net/http"
	"strings"
)

// maxState limits the length, in bytes, of a tracestate that is passed on. The W3C
// recommends propagating at least that much.
const maxState = 512

// Trace is the position of a request in a trace, from the W3C Trace Context headers
// traceparent and tracestate. The zero Trace means that there is no trace.
type Trace struct{ Parent, State string }

// ID returns the trace ID, 32 hex digits, or "" for none.
func (t Trace) ID() string {
	if t.Parent == "" {
		return ""
	}
	return t.Parent[3:35]
}

// Sampled reports whether the caller records the trace.
func (t Trace) Sampled() bool { return t.Parent != "" && hexDigit(t.Parent[54])&1 == 1 }

// TraceOf parses the headers of a request. It ignores malformed ones, as the W3C
// requires.
func TraceOf(h http.Header) Trace {
	given := h.Values("Traceparent")
	if len(given) != 1 || !validParent(given[0]) {
		return Trace{}
	}
	t := Trace{Parent: given[0]}
	if t.Parent[:2] != "00" { // a later version: keep the parts that version 00 defines
		t.Parent = "00" + t.Parent[2:53] + map[bool]string{true: "01", false: "00"}[hexDigit(t.Parent[54])&1 == 1]
	}
	if state := strings.Join(h.Values("Tracestate"), ","); len(state) <= maxState && printable(state) {
		t.State = state
	}
	return t
}

// validParent reports whether s has the form version-traceid-parentid-flags. Later
// versions may append more after a dash.
func validParent(s string) bool {
	const size = 2 + 1 + 32 + 1 + 16 + 1 + 2
	if len(s) < size || s[2] != '-' || s[35] != '-' || s[52] != '-' {
		return false
	}
	version, trace, parent, flags := s[:2], s[3:35], s[36:52], s[53:55]
	for _, part := range []string{version, trace, parent, flags} {
		if strings.Trim(part, "0123456789abcdef") != "" {
			return false
		}
	}
	switch {
	case version == "ff" || strings.Trim(trace, "0") == "" || strings.Trim(parent, "0") == "":
		return false
	case version == "00":
		return len(s) == size
	default:
		return len(s) == size || s[size] == '-'
	}
}

func hexDigit(c byte) byte {
	if c >= 'a' {
		return c - 'a' + 10
	}
	return c - '0'
}

type traceKey struct{}

// WithTrace returns a context whose outgoing requests continue the trace.
func WithTrace(ctx context.Context, t Trace) context.Context {
	if t.Parent == "" {
		return ctx
	}
	return context.WithValue(ctx, traceKey{}, t)
}

// TraceIn returns the trace of a context.
func TraceIn(ctx context.Context) Trace {
	t, _ := ctx.Value(traceKey{}).(Trace)
	return t
}

// Carry returns a copy of ctx with the correlation ID and the trace that from
// carries.
func Carry(ctx, from context.Context) context.Context {
	return WithTrace(WithID(ctx, ID(from)), TraceIn(from))
}

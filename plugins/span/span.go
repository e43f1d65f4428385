// Package span describes work that is traced: requests to vega, runs, and what a run
// does outside of the sandbox. It knows no tracing library; daemon/telemetry/tracing
// implements Recorder.
//
// A Span is passed as a value. The zero Span records nothing, allocates nothing, and all
// of its children are zero, too.
package span

import "context"

// Kind says what a span is about.
type Kind uint8

// The kinds of spans, from the outside to the inside.
const (
	Request   Kind = iota // a request to vega's API
	Run                   // a run of an integration
	HTTP                  // the host call http_send, until the response is closed
	Dial                  // the host call dial
	StartTLS              // the host call tls_start
	Resolve               // the host call resolve
	Echo                  // the host call icmp_echo
	SQL                   // the host call sql_query, until the result is closed
	KV                    // the host calls kv_get and kv_set
	WebSocket             // the host call websocket_open, until the WebSocket is closed
	Lookup                // looking up the addresses of a host
	Connect               // opening a connection
	Handshake             // a TLS handshake
	Query                 // a query as the database receives it
)

// Key names an attribute.
type Key uint8

// The attributes. None of them holds a secret, a part of a query that may be one, or
// text that a target sent.
const (
	Correlation     Key = iota // the correlation ID
	Integration                // the name of an integration
	Probe                      // plugin.probe
	Status                     // of a run
	Cause                      // of a run
	Method                     // of an HTTP request
	Route                      // the pattern of an HTTP route
	StatusCode                 // of an HTTP response
	URL                        // of an HTTP request, without login, query and fragment
	Scheme                     // of a URL
	ProtocolVersion            // of HTTP, such as 1.1
	Host                       // the name or address of a server
	Port                       // of a server
	PeerAddress                // the IP address of the other end
	PeerPort                   // of the other end
	Network                    // tcp or udp
	TLSVersion                 // such as 1.3
	TLSCipher                  // a name of IANA
	Question                   // the name that a DNS query asks for
	RecordType                 // that a DNS query asks for
	Answers                    // of a DNS query, their number
	System                     // of a database, such as postgresql
	Database                   // its name in the configuration
	Operation                  // of a database, such as SELECT
	Statement                  // the text of a query, with ? for each literal
	Rows                       // that a query returned
	KeyName                    // the name of the API key of a request
	Client                     // the IP address of a client
)

// Recorder records a span.
type Recorder interface {
	// Begin begins a child.
	Begin(kind Kind, name string) Recorder
	Text(key Key, value string)
	Number(key Key, value int64)
	// Fail marks the span as failed. class is one of a few words, such as timeout.
	Fail(class string)
	// Headers returns the headers traceparent and tracestate that name the span.
	Headers() (parent, state string)
	// Link names another span that did a part of the work.
	Link(other Recorder)
	// End ends the span. Only the first call counts.
	End()
}

// Span is a span that may be recorded.
type Span struct{ recorder Recorder }

// Of returns the span that r records; nil means none.
func Of(r Recorder) Span { return Span{r} }

// Recorded reports whether the span is recorded. It saves the work for attributes that
// nobody would see.
func (s Span) Recorded() bool { return s.recorder != nil }

// Begin begins a child. name must be one of a few.
func (s Span) Begin(kind Kind, name string) Span {
	if s.recorder == nil {
		return Span{}
	}
	return Span{s.recorder.Begin(kind, name)}
}

// Text sets an attribute, unless the value is empty.
func (s Span) Text(key Key, value string) {
	if s.recorder != nil && value != "" {
		s.recorder.Text(key, value)
	}
}

// Number sets an attribute.
func (s Span) Number(key Key, value int64) {
	if s.recorder != nil {
		s.recorder.Number(key, value)
	}
}

// Fail marks the span as failed, unless class is empty.
func (s Span) Fail(class string) {
	if s.recorder != nil && class != "" {
		s.recorder.Fail(class)
	}
}

// Headers returns the headers traceparent and tracestate that name the span, or "" if
// it is not recorded.
func (s Span) Headers() (parent, state string) {
	if s.recorder == nil {
		return "", ""
	}
	return s.recorder.Headers()
}

// Link names another span that did a part of the work, if both are recorded.
func (s Span) Link(other Span) {
	if s.recorder != nil && other.recorder != nil {
		s.recorder.Link(other.recorder)
	}
}

// End ends the span. Only the first call counts.
func (s Span) End() {
	if s.recorder != nil {
		s.recorder.End()
	}
}

type key struct{}

// With returns a context whose work belongs to the span.
func With(ctx context.Context, s Span) context.Context {
	if s.recorder == nil {
		return ctx
	}
	return context.WithValue(ctx, key{}, s)
}

// In returns the span that the work of a context belongs to.
func In(ctx context.Context) Span {
	s, _ := ctx.Value(key{}).(Span)
	return s
}

// Tracer begins spans that no span of vega caused.
type Tracer interface {
	// Tracing reports whether spans are recorded now.
	Tracing() bool
	// Root begins a span that continues the trace of the headers traceparent and
	// tracestate, or a new trace if parent is "".
	Root(parent, state string, kind Kind, name string) Span
}

package plugintest

import (
	"context"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"vega/plugins"
	"vega/plugins/egress"
)

// The kinds of calls that a fault can affect.
const (
	kindHTTP = "http"
	kindNet  = "net"
	kindDNS  = "dns"
	kindICMP = "icmp"
	kindSQL  = "sql"
	kindKV   = "kv"
	kindSSH  = "ssh"
	kindRun  = "run" // the whole run

	kindWebSocket = "websocket"
)

// Fault is one fault in an otherwise correct world.
type Fault struct {
	Name string // "http: connection refused"
	Kind string
	// soft reports that a probe may legitimately be healthy despite the fault.
	soft bool
	// denies reports that every request of the probe is denied; vegaLacks,
	// that vega lacks what the probe needs; oversized, that the probe gets too
	// much data to judge.
	denies, vegaLacks, oversized bool
	// harmless reports that the fault should make no difference.
	harmless bool

	call     func(ctx context.Context) error                  // replaces the call
	answer   func(r *egress.Response, b *playedBody)          // changes an HTTP response
	trailer  func(h http.Header)                              // changes the trailers of a gRPC answer
	peer     func(ctx context.Context, b []byte) (int, error) // replaces reading
	startTLS func() error                                     // replaces the handshake
	shell    func(s Shell) Shell                              // changes an SSH connection
	rows     func(q Query) Query                              // changes the rows of a query
	echoes   func(all *egress.Echoes)                         // changes the replies to echo requests
	kv       func(kept []byte, reading bool) ([]byte, error)  // changes stored values
	input    func(in *plugins.Input)                          // changes the run
	message  func(ctx context.Context) ([]byte, error)        // replaces receiving a message
}

// grpcStatus is the trailer with the outcome of a call of gRPC.
const grpcStatus = "Grpc-Status"

func fails(kind, text string) func(context.Context) error {
	f := &Failure{kind, text}
	return f.after
}

func status(code int, body string) func(*egress.Response, *playedBody) {
	return func(r *egress.Response, b *playedBody) {
		r.Status, b.rest, b.cut = code, []byte(body), nil
	}
}

func body(text string) func(*egress.Response, *playedBody) {
	return func(_ *egress.Response, b *playedBody) { b.rest, b.cut = []byte(text), nil }
}

// shortTimeout is long enough for a probe to begin, but too short for it to
// wait.
const shortTimeout = 500 * time.Millisecond

const page = "<!doctype html><title>Error</title><p>The proxy could not reach the server.</p>"

// faults lists all faults in the order in which they are tried.
var faults = slices.Concat(sshFaults, websocketFaults, otherFaults)

var otherFaults = []Fault{
	{Name: "http: no answer until the deadline", Kind: kindHTTP, call: fails("timeout", "timed out waiting for a response")},
	{Name: "http: connection refused", Kind: kindHTTP, call: fails("refused", "connecting: connection refused")},
	{Name: "http: the name does not resolve", Kind: kindHTTP, call: fails("dns", "resolving: no such host")},
	{Name: "http: certificate not valid", Kind: kindHTTP, call: fails("tls", "in the TLS handshake: x509: certificate has expired")},
	{Name: "http: connection reset", Kind: kindHTTP, call: fails("reset", "waiting for a response: connection reset by peer")},
	{Name: "http: status 401", Kind: kindHTTP, soft: true, answer: status(401, `{"error":"unauthorized"}`)},
	{Name: "http: status 404", Kind: kindHTTP, soft: true, answer: status(404, page)},
	{Name: "http: status 429", Kind: kindHTTP, soft: true, answer: status(429, "")},
	{Name: "http: status 500", Kind: kindHTTP, answer: status(500, page)},
	{Name: "http: status 503", Kind: kindHTTP, answer: status(503, "")},
	{Name: "http: an empty body", Kind: kindHTTP, soft: true, answer: body("")},
	{Name: "http: a page of HTML with status 200", Kind: kindHTTP, soft: true, answer: status(200, page)},
	{Name: "http: JSON of another shape", Kind: kindHTTP, soft: true, answer: body(`[null]`)},
	{Name: "http: a body without end", Kind: kindHTTP, oversized: true, answer: func(_ *egress.Response, b *playedBody) {
		b.endless, b.rest = true, []byte(strings.Repeat("0123456789abcdef", 256))
	}},
	{Name: "http: the connection breaks in the middle of the body", Kind: kindHTTP, answer: func(_ *egress.Response, b *playedBody) {
		b.rest, b.cut = b.rest[:len(b.rest)/2], &Failure{"reset", "reading the response: connection reset by peer"}
	}},
	{Name: "http: the body stops coming", Kind: kindHTTP, answer: func(_ *egress.Response, b *playedBody) {
		b.rest, b.cut = b.rest[:len(b.rest)/2], &Failure{"timeout", "timed out reading the response"}
	}},
	{Name: "http: the answer of gRPC ends without a status", Kind: kindHTTP, trailer: func(h http.Header) { clear(h) }},
	{Name: "http: the answer of gRPC ends with UNAVAILABLE", Kind: kindHTTP, trailer: func(h http.Header) { h.Set(grpcStatus, "14") }},

	{Name: "net: no connection until the deadline", Kind: kindNet, call: fails("timeout", "timed out connecting")},
	{Name: "net: connection refused", Kind: kindNet, call: fails("refused", "connecting: connection refused")},
	{Name: "net: the name does not resolve", Kind: kindNet, call: fails("dns", "resolving: no such host")},
	{Name: "net: the peer closes at once", Kind: kindNet, peer: func(context.Context, []byte) (int, error) { return 0, io.EOF }},
	{Name: "net: connection reset", Kind: kindNet, peer: failing(&Failure{"reset", "reading: connection reset by peer"})},
	{Name: "net: the peer says nothing", Kind: kindNet, peer: failing(&Failure{"timeout", "timed out reading"})},
	{Name: "net: the peer speaks another protocol", Kind: kindNet, soft: true, peer: func(_ context.Context, b []byte) (int, error) {
		return copy(b, "\x00\xff\x16\x03 not what was expected\r\n"), nil
	}},
	{Name: "net: a line without end", Kind: kindNet, oversized: true, peer: func(_ context.Context, b []byte) (int, error) {
		for i := range b {
			b[i] = 'x'
		}
		return len(b), nil
	}},
	{Name: "net: the TLS handshake fails", Kind: kindNet, startTLS: func() error {
		return (&Failure{"tls", "in the TLS handshake: x509: certificate has expired"}).error()
	}},

	{Name: "dns: no such name", Kind: kindDNS, call: fails("dns", "no such name (NXDOMAIN)")},
	{Name: "dns: no such record", Kind: kindDNS, call: fails("not_set", "it has no record of this type")},
	{Name: "dns: no answer until the deadline", Kind: kindDNS, call: fails("timeout", "timed out resolving")},

	{Name: "sql: the query fails", Kind: kindSQL, call: fails("target", `relation "nothing" does not exist`)},
	{Name: "sql: no answer until the deadline", Kind: kindSQL, call: fails("timeout", "timed out in the query")},
	{Name: "sql: no rows", Kind: kindSQL, soft: true, rows: func(q Query) Query {
		q.Rows = nil
		return q
	}},
	{Name: "sql: every column is NULL", Kind: kindSQL, soft: true, rows: func(q Query) Query {
		rows := make([][]*Bytes, len(q.Rows))
		for i := range rows {
			rows[i] = make([]*Bytes, len(q.Columns))
		}
		q.Rows = rows
		return q
	}},
	{Name: "sql: the connection breaks between rows", Kind: kindSQL, rows: func(q Query) Query {
		q.Rows, q.Cut = q.Rows[:len(q.Rows)/2], &Failure{"reset", "the server closed the connection"}
		return q
	}},

	{Name: "kv: nothing is kept yet", Kind: kindKV, soft: true, kv: func(kept []byte, reading bool) ([]byte, error) {
		if reading {
			return nil, nil
		}
		return kept, nil
	}},
	{Name: "kv: what is kept is damaged", Kind: kindKV, soft: true, kv: func(kept []byte, reading bool) ([]byte, error) {
		if reading {
			return []byte("\xff\x00damaged"), nil
		}
		return kept, nil
	}},
	{Name: "kv: the storage is full", Kind: kindKV, soft: true, kv: func(kept []byte, reading bool) ([]byte, error) {
		if reading {
			return kept, nil
		}
		return nil, (&Failure{"quota", "the storage is full"}).error()
	}},

	{Name: "run: nothing is granted", Kind: kindRun, denies: true, input: func(in *plugins.Input) {
		in.Grants.Rules, in.Grants.KV = nil, 0
	}},
	{Name: "run: no option is set", Kind: kindRun, soft: true, vegaLacks: true, input: func(in *plugins.Input) {
		in.Values, in.Grants.Rules = nil, nil
	}},
	{
		Name: "run: a deadline of 500 ms, and nothing answers", Kind: kindRun, input: func(in *plugins.Input) { in.Timeout = shortTimeout },
		call: fails("timeout", "timed out"),
	},
	{Name: "run: unknown options and error codes, as from a newer version of vega", Kind: kindRun, harmless: true, input: func(in *plugins.Input) { in.Grease = true }},
}

func failing(f *Failure) func(context.Context, []byte) (int, error) {
	return func(ctx context.Context, _ []byte) (int, error) { return 0, f.after(ctx) }
}

// faultyStorage is storage with a fault.
type faultyStorage struct {
	*storage
	player *player
}

func (s faultyStorage) Get(ctx context.Context, integration, key string) ([]byte, bool, error) {
	v, ok, err := s.storage.Get(ctx, integration, key)
	if err != nil {
		return v, ok, err
	}
	s.player.touched = true
	v, err = s.player.fault.kv(v, true)
	return v, v != nil, err
}

func (s faultyStorage) Set(ctx context.Context, integration, key string, value []byte, quota int64) error {
	s.player.touched = true
	v, err := s.player.fault.kv(value, false)
	if err != nil {
		return err
	}
	return s.storage.Set(ctx, integration, key, v, quota)
}

package plugintest

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"time"

	"vega/plugins"
	"vega/plugins/egress"
	"vega/sdk/abi"
)

// WebSocket is a request for a WebSocket, its answer, and the messages in order.
type WebSocket struct {
	Upgrade  Exchange  `json:"upgrade"` // its status is 101 if the WebSocket was opened
	Protocol string    `json:"protocol,omitempty"`
	Messages []Message `json:"messages,omitempty"`
}

// Message is one message, or the end of the WebSocket: exactly one of Sent, Received and
// Failed is set.
type Message struct {
	Sent     *Bytes   `json:"sent,omitempty"`
	Received *Bytes   `json:"received,omitempty"`
	Binary   bool     `json:"binary,omitempty"`
	Failed   *Failure `json:"failed,omitempty"`
	Code     string   `json:"code,omitempty"` // with which the server closed, and its reason
	Reason   string   `json:"reason,omitempty"`
}

func (w *WebSocket) check(n int) error {
	const part = "websocket"
	errs := []error{at(part, n, w.Upgrade.Failed.check()), at(part, n, w.Upgrade.Cut.check()), at(part, n, checkFacts(w.Upgrade.TLS))}
	for _, m := range w.Messages {
		errs = append(errs, at(part, n, m.Failed.check()))
	}
	return errors.Join(errs...)
}

// recordedWebSocket is a WebSocket in use.
type recordedWebSocket struct {
	*recordedHTTP // the answer
	plugins.WebSocket
	protocol string
	messages []Message
	redact   func([]byte) Bytes
}

func (r *recorder) OpenWebSocket(ctx context.Context, q *egress.Request) (plugins.WebSocket, *egress.Response, error) {
	e := &recordedHTTP{Exchange: Exchange{Method: q.Method, URL: r.net.Redact(q.URL)}, redacted: r.net.Redact}
	w := &recordedWebSocket{recordedHTTP: e, redact: r.redact}
	socket, resp, err := r.net.OpenWebSocket(ctx, q)
	if err != nil {
		if e.Failed = failureOf(err, r.net.Redact); e.Failed != nil {
			r.sockets = append(r.sockets, w)
		}
		return nil, nil, err
	}
	r.sockets = append(r.sockets, w)
	if socket != nil {
		resp = socket.Answer()
	}
	e.Status, e.RemoteAddr, e.response = resp.Status, resp.RemoteAddr, resp
	e.Header, e.TLS = recordHeader(resp.Header, r.net.Redact), factsOf(resp.TLSInfo)
	if socket == nil {
		e.ReadCloser, resp.Body = resp.Body, e
		return nil, resp, nil
	}
	w.WebSocket = socket
	protocol, _ := socket.Info(abi.WebSocketProtocol)
	w.protocol = r.net.Redact(protocol)
	return w, nil, nil
}

func (w *recordedWebSocket) Send(ctx context.Context, kind int32, message []byte) error {
	err := w.WebSocket.Send(ctx, kind, message)
	w.add(Message{Sent: w.copied(message), Binary: kind == abi.MessageBinary}, err)
	return err
}

func (w *recordedWebSocket) Receive(ctx context.Context) (int32, []byte, error) {
	kind, message, err := w.WebSocket.Receive(ctx)
	w.add(Message{Received: w.copied(message), Binary: kind == abi.MessageBinary}, err)
	return kind, message, err
}

// Close closes the WebSocket. The body of its answer is empty.
func (w *recordedWebSocket) Close() error { return w.WebSocket.Close() }

func (w *recordedWebSocket) copied(message []byte) *Bytes {
	b := w.redact(slices.Clone(message))
	return &b
}

// add records a message, or the end.
func (w *recordedWebSocket) add(m Message, err error) {
	if err == nil {
		w.messages = append(w.messages, m)
		return
	}
	if m = (Message{Failed: failureOf(err, w.redacted)}); m.Failed == nil {
		return
	}
	m.Code, _ = w.Info(abi.WebSocketCloseCode)
	reason, _ := w.Info(abi.WebSocketCloseReason)
	m.Reason = w.redacted(reason)
	w.messages = append(w.messages, m)
}

func (w *recordedWebSocket) finish(redact func([]byte) Bytes) WebSocket {
	return WebSocket{w.recordedHTTP.finish(redact), w.protocol, w.messages}
}

func (p *player) OpenWebSocket(ctx context.Context, q *egress.Request) (plugins.WebSocket, *egress.Response, error) {
	if err := p.net.JudgeWebSocket(q); err != nil {
		return nil, nil, err
	}
	if err := p.meets(ctx, kindWebSocket); err != nil {
		return nil, nil, err
	}
	target := p.net.Redact(q.URL)
	n := p.pick("a WebSocket to "+target, len(p.w.WebSocket), func(i int) bool { return p.w.WebSocket[i].Upgrade.URL == target })
	if n < 0 {
		return nil, nil, p.unanswered()
	}
	w := p.w.WebSocket[n]
	e := w.Upgrade
	if e.Failed != nil {
		return nil, nil, e.Failed.after(ctx)
	}
	b := &playedBody{ctx: ctx, rest: e.Answer, cut: e.Cut, left: egress.BodyLimit(q.MaxBody)}
	resp := &egress.Response{
		Status: e.Status, Header: http.Header(maps.Clone(e.Header)), Body: b, RemoteAddr: e.RemoteAddr,
		Facts: func(what int32) (string, error) { return answerFact(e.TLS, what) },
	}
	for i, ms := range e.PhasesMS {
		resp.Phases[i] = time.Duration(ms * float64(time.Millisecond))
	}
	if p.fault != nil && p.fault.Kind == kindWebSocket && p.fault.answer != nil {
		p.fault.answer(resp, b)
		p.touched = true
	}
	if resp.Status != http.StatusSwitchingProtocols {
		return nil, resp, nil
	}
	return &playedWebSocket{WebSocket: w, player: p, answer: resp}, nil, nil
}

// playedWebSocket replays the messages of a WebSocket.
type playedWebSocket struct {
	WebSocket
	player *player
	answer *egress.Response
	next   int       // message
	rest   []Message // received from the server, but not yet by the guest
	end    Message   // how the WebSocket ended
}

// Answer returns the server's answer to the upgrade.
func (w *playedWebSocket) Answer() *egress.Response { return w.answer }

// Send advances past the next message that was sent. What the server sent before it, and
// the guest has not received, can still be received.
func (w *playedWebSocket) Send(ctx context.Context, _ int32, _ []byte) error {
	for i := w.next; i < len(w.Messages); i++ {
		m := w.Messages[i]
		if m.Failed != nil && i == w.next {
			w.end = m
			return m.Failed.after(ctx)
		}
		if m.Sent != nil {
			w.rest = append(w.rest, w.Messages[w.next:i]...)
			w.next = i + 1
			break
		}
	}
	return nil
}

// Receive returns the next message.
func (w *playedWebSocket) Receive(ctx context.Context) (int32, []byte, error) {
	if p := w.player; p.fault != nil && p.fault.message != nil {
		p.touched = true
		message, err := p.fault.message(ctx)
		return abi.MessageText, message, err
	}
	if len(w.rest) == 0 && w.next < len(w.Messages) && w.Messages[w.next].Sent == nil {
		w.rest = append(w.rest, w.Messages[w.next])
		w.next++
	}
	if len(w.rest) == 0 {
		return 0, nil, (&Failure{"timeout", "timed out waiting for a message"}).after(ctx)
	}
	m := w.rest[0]
	if m.Failed != nil { // also the next time
		w.end = m
		return 0, nil, m.Failed.after(ctx)
	}
	w.rest = w.rest[1:]
	kind := abi.MessageText
	if m.Binary {
		kind = abi.MessageBinary
	}
	return kind, slices.Clone(*m.Received), nil
}

// Info returns what the case says.
func (w *playedWebSocket) Info(what int32) (string, error) {
	switch what {
	case abi.WebSocketProtocol:
		return w.Protocol, nil
	case abi.WebSocketCloseCode:
		return w.end.Code, nil
	case abi.WebSocketCloseReason:
		return w.end.Reason, nil
	default:
		return "", &egress.Error{Errno: abi.ErrInvalid, Text: "there is no such fact"}
	}
}

// Close does nothing.
func (w *playedWebSocket) Close() error { return nil }

// repeated is a server that sends the same message again and again.
func repeated(text string) func(context.Context) ([]byte, error) {
	return func(context.Context) ([]byte, error) { return []byte(text), nil }
}

// websocketFaults are those of WebSockets.
var websocketFaults = []Fault{
	{Name: "websocket: no answer until the deadline", Kind: kindWebSocket, call: fails("timeout", "timed out waiting for a response")},
	{Name: "websocket: connection refused", Kind: kindWebSocket, call: fails("refused", "connecting: connection refused")},
	{Name: "websocket: certificate not valid", Kind: kindWebSocket, call: fails("tls", "in the TLS handshake: x509: certificate has expired")},
	{Name: "websocket: the answer to the upgrade is not valid", Kind: kindWebSocket, call: fails("target", "the header Sec-WebSocket-Accept of its answer does not belong to the request")},
	{Name: "websocket: status 200", Kind: kindWebSocket, answer: status(200, page)},
	{Name: "websocket: status 403", Kind: kindWebSocket, soft: true, answer: status(403, page)},
	{Name: "websocket: status 502", Kind: kindWebSocket, answer: status(502, page)},
	{Name: "websocket: the server says nothing", Kind: kindWebSocket, message: silent(&Failure{"timeout", "timed out waiting for a message"})},
	{Name: "websocket: the server closes at once", Kind: kindWebSocket, message: silent(&Failure{"reset", "it closed the WebSocket with code 1011 (internal error)"})},
	{Name: "websocket: a message over the limit", Kind: kindWebSocket, oversized: true, message: silent(&Failure{"too_large", "a message is larger than 1MiB"})},
	{Name: "websocket: messages of another shape, without end", Kind: kindWebSocket, soft: true, message: repeated("[null]")},
}

// silent is a server that sends no message.
func silent(f *Failure) func(context.Context) ([]byte, error) {
	return func(ctx context.Context) ([]byte, error) { return nil, f.after(ctx) }
}

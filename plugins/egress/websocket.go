package egress

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"vega/plugins/manifest"
	"vega/plugins/secret"
	"vega/plugins/span"
	"vega/plugins/websocket"
	"vega/sdk/abi"
)

// maxReceived is the maximum size of a message that a guest receives.
const maxReceived = 1 << 20

// protocolHeader is the only one of the headers of the upgrade that a guest may set.
const protocolHeader = "Sec-Websocket-Protocol"

// WebSocket is an open WebSocket. Whole secrets are hidden in what it receives. It is
// bounded by the context that it was opened with.
type WebSocket struct {
	session  *Session
	out      *outgoing
	answer   *answer
	response *Response
	conn     *websocket.Conn
	call     span.Span
	protocol string                // that the server chose
	closing  bool                  // Close is at work, perhaps after the run, and costs nothing
	closed   *websocket.CloseError // once the server has closed
}

// Answer returns the server's answer to the upgrade.
func (w *WebSocket) Answer() *Response { return w.response }

// OpenWebSocket sends a request for ws:// or wss://. If the server upgrades the
// connection, it returns the WebSocket, and otherwise the response, also if that is a
// redirect.
func (s *Session) OpenWebSocket(ctx context.Context, r *Request) (*WebSocket, *Response, error) {
	if !s.Span.Recorded() {
		return openWebSocket(ctx, s, r)
	}
	call := s.Span.Begin(span.WebSocket, "websocket")
	s.call = call
	defer func() { s.call = span.Span{} }()
	describe(call, s, r)
	w, resp, err := openWebSocket(ctx, s, r)
	switch {
	case err != nil:
		endSpan(call, err)
	case w != nil:
		w.call = call
	default:
		resp.Body = traced{resp.Body, call}
	}
	return w, resp, err
}

// openWebSocket is like OpenWebSocket, without the span of the call.
func openWebSocket(ctx context.Context, s *Session, r *Request) (*WebSocket, *Response, error) {
	start := time.Now()
	out, key, err := upgrade(s, r)
	if err != nil {
		return nil, nil, err
	}
	var phases timings
	request := s.Seen.Request()
	a, err := authorized(ctx, s, out, &phases)
	if err != nil {
		return nil, nil, err
	}
	a.request = request
	phases[abi.PhaseTotal] = time.Since(start)
	var protocol string
	switched, ok := a.Body.(switched)
	if ok {
		a.Body = http.NoBody
		protocol, err = websocket.Accepted(key, strings.Join(out.header[protocolHeader], ","), a.Header)
	}
	if err != nil {
		a.close()
		return nil, nil, websocketError(ctx, s, a.peer, "opening a WebSocket to "+origin(out.url), err)
	}
	resp := s.finish(ctx, r, out, a, phases, start)
	resp.Facts = redirectors{}.facts(a.peer)
	if !ok {
		return nil, resp, nil
	}
	a.link.spare = 0 // messages have limits of their own
	w := &WebSocket{session: s, out: out, answer: a, response: resp, protocol: protocol}
	w.conn = websocket.New(switched.Reader, sending{w}, s.account(), maxReceived)
	return w, nil, nil
}

// upgrade prepares the request for a WebSocket, with the key in it.
func upgrade(s *Session, r *Request) (out *outgoing, key string, err error) {
	switch {
	case r.Method != http.MethodGet:
		return nil, "", invalid("a WebSocket is opened by a GET request, not by %s", r.Method)
	case r.HTTP2:
		return nil, "", invalid("a WebSocket is opened over HTTP/1.1; remove the option for HTTP/2")
	case r.Socket != "":
		return nil, "", invalid("a WebSocket can't be opened over a socket in the file system")
	case len(r.Body) > 0:
		return nil, "", invalid("the request for a WebSocket has no body")
	}
	out, err = s.fill(&outgoing{upgrade: true, http1: true}, r)
	if err != nil {
		return nil, "", err
	}
	key = websocket.Key()
	for name, value := range map[string]string{"Connection": "Upgrade", "Upgrade": "websocket", "Sec-Websocket-Version": "13", "Sec-Websocket-Key": key} {
		out.header.Set(name, value)
	}
	return out, key, nil
}

// JudgeWebSocket returns the error that OpenWebSocket would return before it sends
// anything, or nil.
func (s Judge) JudgeWebSocket(r *Request) error {
	out, _, err := upgrade(s.Session, r)
	if err == nil {
		_, err = s.judge(out)
	}
	return err
}

// switched is the connection after an answer with status 101, as a body.
type switched struct{ *bufio.Reader }

// Close does nothing: whoever reads the messages closes the connection.
func (switched) Close() error { return nil }

// overHTTP returns the URL of HTTP for a WebSocket, which shares its cookies and its
// proxy, and other URLs unchanged.
func overHTTP(u *url.URL) *url.URL {
	scheme := map[string]string{"ws": "http", "wss": "https"}[u.Scheme]
	if scheme == "" {
		return u
	}
	as := *u
	as.Scheme = scheme
	return &as
}

// sending charges for what is written to a WebSocket.
type sending struct{ of *WebSocket }

func (w sending) Write(p []byte) (int, error) {
	if w.of.closing {
		return w.of.answer.writer.Write(p)
	}
	account := w.of.session.account()
	account.Leave()
	defer account.Return()
	account.Pay(Moved, len(p))
	return w.of.answer.writer.Write(p)
}

// Send sends one message, replacing placeholders with secrets if the grants allow it. In
// a text that is JSON they are escaped.
func (w *WebSocket) Send(ctx context.Context, kind int32, message []byte) error {
	s := w.session
	form := secret.Raw
	if kind == abi.MessageText && s.vault.Holds(message) && json.Valid(message) {
		form = secret.JSON
	}
	out, used, err := s.revealed(form, message, "a secret in a message to "+origin(w.out.url))
	if err != nil {
		return err
	}
	if used {
		rule, err := w.out.allowed(s.grants, w.out.url)
		if err != nil {
			return s.deny(err)
		}
		if d := s.route().mayCarrySecret(rule); d != nil {
			return s.deny(d)
		}
	}
	if err := w.conn.Send(int(kind), out); err != nil {
		return w.failed(ctx, "sending a message to ", err)
	}
	return nil
}

// Receive waits for a message. The message is valid until the next call.
func (w *WebSocket) Receive(ctx context.Context) (kind int32, message []byte, err error) {
	n, message, err := w.conn.Receive()
	if err != nil {
		return 0, nil, w.failed(ctx, "waiting for a message from ", err)
	}
	w.session.Seen.Body(w.answer.request, len(message))
	if !w.session.vault.Empty() {
		_, err = io.ReadFull(w.session.vault.HideReader(bytes.NewReader(message)), message)
	}
	return int32(n), message, err
}

// failed returns the error of a stage for the guest.
func (w *WebSocket) failed(ctx context.Context, stage string, err error) error {
	if closed, ok := errors.AsType[*websocket.CloseError](err); ok {
		w.closed = closed
	}
	err = websocketError(ctx, w.session, w.answer.peer, stage+origin(w.out.url), err)
	if w.call.Recorded() {
		w.call.Fail(Class(err))
	}
	return err
}

func websocketError(ctx context.Context, s *Session, p *peer, stage string, err error) error {
	if _, ok := errors.AsType[websocket.ProtocolError](err); ok {
		return &Error{Errno: abi.ErrTarget, Text: stage + ": " + err.Error() + "; correct the server, or what forwards WebSockets to it"}
	}
	if closed, ok := errors.AsType[*websocket.CloseError](err); ok {
		return &Error{Errno: abi.ErrReset, Text: s.vault.Hide(stage + ": " + closed.Error())}
	}
	if errors.Is(err, websocket.ErrTooLarge) {
		return &Error{Errno: abi.ErrTooLarge, Text: stage + ": a message is larger than " + manifest.Size(maxReceived).String() + ", the most that vega receives"}
	}
	return noResponse(ctx, s, p, stage, err)
}

// Info implements websocket_info for what the connection knows: the subprotocol, and how
// the peer closed.
func (w *WebSocket) Info(what int32) (string, error) {
	switch {
	case what == abi.WebSocketProtocol:
		return w.session.vault.Hide(w.protocol), nil
	case what != abi.WebSocketCloseCode && what != abi.WebSocketCloseReason:
		return "", invalid("websocket_info does not know fact %d", what)
	case w.closed == nil || what == abi.WebSocketCloseCode && w.closed.Code == 0:
		return "", nil
	case what == abi.WebSocketCloseCode:
		return strconv.Itoa(w.closed.Code), nil
	default:
		return w.session.vault.Hide(w.closed.Reason), nil
	}
}

// Limits of the goodbye.
const (
	goodbye = 200 * time.Millisecond // for servers to answer it, of all WebSockets of a run
	brief   = 2 * time.Millisecond   // to send it once that has passed
	unread  = 64 << 10               // bytes of messages that are skipped meanwhile
)

// farewell returns how long the next goodbye may take, so that closing many WebSockets of a
// run does not take longer than closing one.
func farewell(s *Session) time.Duration { return max(goodbye-s.parting, brief) }

// Close closes the WebSocket and the connection.
func (w *WebSocket) Close() error {
	if w.conn == nil {
		return nil
	}
	w.closing, w.answer.link.detached = true, true
	began, s := time.Now(), w.session
	_ = w.answer.link.SetDeadline(began.Add(farewell(s)))
	w.conn.Close(unread)
	s.parting += time.Since(began)
	w.conn = nil
	w.answer.close()
	w.call.End()
	return nil
}

package sdk

import (
	"strconv"
	"unsafe"

	"vega/sdk/abi"
)

// Upgrade is a request for a WebSocket under construction. Its methods can be chained;
// Open returns the first error.
type Upgrade struct{ request *Request }

// WebSocket begins to open a WebSocket at a ws:// or wss:// URL. The certificate of a
// wss server is always verified, and no redirect is followed.
func (r *Run) WebSocket(url string) *Upgrade { return &Upgrade{r.HTTP("GET", url)} }

// Header adds a header, as Request.Header does. Those of the upgrade are the host's.
func (u *Upgrade) Header(name, value string) *Upgrade {
	u.request.Header(name, value)
	return u
}

// BasicAuth adds basic authentication, as Request.BasicAuth does.
func (u *Upgrade) BasicAuth(user, password string) *Upgrade {
	u.request.BasicAuth(user, password)
	return u
}

// Protocol offers subprotocols, separated by commas; "" offers none.
func (u *Upgrade) Protocol(list string) *Upgrade {
	if list != "" {
		u.request.Header("Sec-WebSocket-Protocol", list)
	}
	return u
}

// Open sends the request. A server that does not open a WebSocket answers with a
// Response instead, and then the WebSocket is nil. Close what is returned.
func (u *Upgrade) Open() (*WebSocket, *Response, error) {
	q := u.request
	status := int32(0)
	if q.err == nil {
		status = abi.WebSocketOpen(q.handle)
		q.check(status)
	}
	if q.err != nil {
		if q.handle > 0 {
			abi.Close(q.handle)
		}
		return nil, nil, q.err
	}
	answer := Response{Status: int(status), handle: q.handle}
	if status != 101 {
		return nil, &answer, nil
	}
	return &WebSocket{answer}, nil, nil
}

// WebSocket is an open WebSocket. The host answers pings, and hides whole secrets in
// what it receives.
type WebSocket struct{ answer Response }

// Header returns the value of a header of the answer to the upgrade, or "".
func (w *WebSocket) Header(name string) string { return w.answer.Header(name) }

// Timing returns the duration of a phase of the upgrade.
func (w *WebSocket) Timing(phase Phase) Duration { return w.answer.Timing(phase) }

// TLS returns the facts about the connection of a wss URL.
func (w *WebSocket) TLS() TLS { return w.answer.TLS() }

// Send sends a message of text. A secret needs secrets = "anywhere" in the grant; in
// JSON it is escaped.
func (w *WebSocket) Send(text string) error { return w.send(abi.MessageText, []byte(text)) }

// SendBinary sends a binary message.
func (w *WebSocket) SendBinary(message []byte) error { return w.send(abi.MessageBinary, message) }

func (w *WebSocket) send(kind int32, message []byte) error {
	if n := abi.WebSocketSend(w.answer.handle, kind, pointer(message), uint32(len(message))); n < 0 {
		return failure(n)
	}
	return nil
}

// Receive waits for a message of at most 1 MiB. Once the server has closed the
// WebSocket it returns ErrReset, and Closed says why.
func (w *WebSocket) Receive() (string, error) {
	return whole(4<<10, func(buf unsafe.Pointer, size uint32) int32 {
		return abi.WebSocketReceive(w.answer.handle, buf, size)
	})
}

func (w *WebSocket) info(what int32) string {
	s, _ := whole(valueSize, func(buf unsafe.Pointer, size uint32) int32 {
		return abi.WebSocketInfo(w.answer.handle, what, buf, size)
	})
	return s
}

// Binary reports whether the last message was binary.
func (w *WebSocket) Binary() bool { return w.info(abi.WebSocketKind) == "binary" }

// Protocol returns the subprotocol that the server chose, or "".
func (w *WebSocket) Protocol() string { return w.info(abi.WebSocketProtocol) }

// Closed returns the code and the reason with which the server has closed the
// WebSocket, or 0.
func (w *WebSocket) Closed() (code int, reason string) {
	code, _ = strconv.Atoi(w.info(abi.WebSocketCloseCode))
	return code, w.info(abi.WebSocketCloseReason)
}

// Close closes the WebSocket and its connection before the run ends.
func (w *WebSocket) Close() error { return w.answer.Close() }

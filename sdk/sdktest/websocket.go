//go:build !wasip1

package sdktest

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"time"

	"vega/sdk/abi"
)

// socket is an open WebSocket.
type socket struct {
	frames
	answer  *response
	kind    int32
	message string // that the probe has not received whole yet
	waits   bool   // there is such a message
}

// Close closes the WebSocket and its connection.
func (s *socket) Close() error {
	s.answer.cancel()
	return s.conn.Close()
}

// answerOf returns the response with a handle, or the one that opened the WebSocket.
func (h *host) answerOf(handle int32) (*response, bool) {
	if s, ok := h.handles[handle].(*socket); ok {
		return s.answer, true
	}
	p, ok := h.handles[handle].(*response)
	return p, ok
}

func (r reach) WebSocketOpen(handle int32) int32 {
	h := r.host
	q, ok := h.handles[handle].(*request)
	if !ok {
		return h.fail(newErrno(abi.ErrInvalid, "the handle is not a request"))
	}
	if h.denied("websocket", q.URL.String()) {
		return int32(abi.ErrDenied)
	}
	p := &response{began: time.Now(), cancel: q.cancel, limit: q.maxBody}
	upgrade := q.Clone(httptrace.WithClientTrace(q.Context(), p.trace()))
	upgrade.URL = overHTTP(q.URL)
	key := make([]byte, 16)
	_, _ = rand.Read(key) // never fails
	for name, value := range map[string]string{
		"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": base64.StdEncoding.EncodeToString(key),
	} {
		upgrade.Header.Set(name, value)
	}
	client := &http.Client{
		Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: h.config.Roots}, DisableKeepAlives: true}, Jar: h.cookies,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	answer, err := client.Do(upgrade) //nolint:bodyclose // the response closes it
	if err != nil {
		return h.fail(err)
	}
	p.header, p.tls, p.live = answer.Header, answer.TLS, answer.Body
	h.handles[handle] = p
	if conn, ok := answer.Body.(io.ReadWriteCloser); ok && answer.StatusCode == http.StatusSwitchingProtocols {
		h.handles[handle] = &socket{frames: frames{conn: conn}, answer: p}
		context.AfterFunc(h.ctx, func() { _ = conn.Close() }) // it has no deadline of its own
	}
	return int32(answer.StatusCode)
}

// overHTTP returns a URL with the scheme of the upgrade.
func overHTTP(u *url.URL) *url.URL {
	next := *u
	next.Scheme = map[string]string{"ws": "http", "wss": "https"}[u.Scheme]
	return &next
}

// socket calls do with the WebSocket of a handle.
func (r reach) socket(handle int32, do func(*socket) (int32, error)) int32 {
	s, ok := r.host.handles[handle].(*socket)
	if !ok {
		return r.host.fail(newErrno(abi.ErrInvalid, "the handle is not a WebSocket"))
	}
	n, err := do(s)
	if err != nil && r.host.ctx.Err() != nil {
		err = r.host.ctx.Err()
	}
	if err != nil {
		return r.host.fail(err)
	}
	return n
}

func (r reach) WebSocketSend(handle, kind int32, data []byte) int32 {
	return r.socket(handle, func(s *socket) (int32, error) { return 0, s.write(byte(kind), data) })
}

func (r reach) WebSocketReceive(handle int32, buf []byte) int32 {
	return r.socket(handle, func(s *socket) (int32, error) {
		if !s.waits {
			kind, message, err := s.read()
			if err != nil {
				return 0, err
			}
			s.kind, s.message = kind, string(message)
		}
		s.waits = len(s.message) > len(buf)
		return put(buf, s.message), nil
	})
}

func (r reach) WebSocketInfo(handle, what int32, buf []byte) int32 {
	return r.socket(handle, func(s *socket) (int32, error) {
		facts := map[int32]string{
			abi.WebSocketProtocol:  s.answer.header.Get("Sec-WebSocket-Protocol"),
			abi.WebSocketKind:      map[int32]string{abi.MessageText: "text", abi.MessageBinary: "binary"}[s.kind],
			abi.WebSocketCloseCode: "", abi.WebSocketCloseReason: s.reason,
		}
		if s.code != 0 {
			facts[abi.WebSocketCloseCode] = strconv.Itoa(s.code)
		}
		fact, ok := facts[what]
		if !ok {
			return 0, newErrno(abi.ErrInvalid, "no such fact")
		}
		return put(buf, fact), nil
	})
}

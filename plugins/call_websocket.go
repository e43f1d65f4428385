package plugins

import (
	"fmt"

	"github.com/tetratelabs/wazero/api"

	"vega/plugins/egress"
	"vega/sdk/abi"
)

// websocket is an open WebSocket of a guest. Its response serves the calls about the
// answer to the upgrade.
type websocket struct {
	WebSocket
	kind    int32  // of the last message
	message []byte // that the guest has not received whole yet; nil for none
}

// answerOf returns the response with a handle, or the answer to the upgrade of a
// WebSocket with that handle.
func answerOf(t *handles, id int32) (*egress.Response, error) {
	if w, ok := t.find(id).(*websocket); ok {
		return w.Answer(), nil
	}
	r, err := at[*response](t, id)
	if err != nil {
		return nil, err
	}
	return r.Response, nil
}

func (w *websocket) close() { _ = w.WebSocket.Close() } // the guest can't receive the error

// openWebSocket sends the upgrade and puts the WebSocket, or the response, in its slot.
func openWebSocket(c *call, s *slot, r *request) (status int, err error) {
	c.goOut()
	opened, answer, err := c.net.OpenWebSocket(c.ctx, &r.Request)
	c.comeIn()
	if err != nil {
		return 0, err
	}
	if opened == nil {
		if err := s.held.Grow(headerMemory(answer.Header)); err != nil {
			_ = answer.Body.Close() // the first error is the one to report
			return 0, err
		}
		s.handle = newResponse(c.guest, answer, r)
		return answer.Status, nil
	}
	if err := s.held.Grow(headerMemory(opened.Answer().Header)); err != nil {
		_ = opened.Close() // the first error is the one to report
		return 0, err
	}
	s.handle = &websocket{WebSocket: opened}
	return opened.Answer().Status, nil
}

// receive returns the message that waits, or the next, which counts as held until the
// one after it.
func (w *websocket) receive(c *call) ([]byte, error) {
	if w.message != nil {
		return w.message, nil
	}
	c.goOut()
	kind, message, err := w.Receive(c.ctx)
	c.comeIn()
	if err != nil {
		return nil, err
	}
	w.kind = kind
	return message, nil
}

var websocketCalls = map[string]hostCall{
	"websocket_open": {[]api.ValueType{i32}, errnoI32, func(c *call) int64 {
		r, err := at[*request](&c.handles, c.i32(0))
		if err != nil {
			return int64(c.fail(err))
		}
		status, err := openWebSocket(c, c.handles.open[c.i32(0)], r)
		if err != nil {
			return int64(c.fail(err))
		}
		return int64(status)
	}},
	"websocket_send": {[]api.ValueType{i32, i32, i32, i32}, errnoI32, func(c *call) int64 {
		w, err := at[*websocket](&c.handles, c.i32(0))
		if err == nil && c.i32(1) != abi.MessageText && c.i32(1) != abi.MessageBinary {
			err = fmt.Errorf("%w: unknown kind of message %d", errInvalid, c.i32(1))
		}
		if err != nil {
			return int64(c.fail(err))
		}
		message, err := c.view(2, maxWrite)
		if err == nil {
			c.goOut()
			err = w.Send(c.ctx, c.i32(1), message)
			c.comeIn()
		}
		if err != nil {
			return int64(c.fail(err))
		}
		return 0
	}},
	"websocket_receive": {[]api.ValueType{i32, i32, i32}, errnoI32, func(c *call) int64 {
		w, err := at[*websocket](&c.handles, c.i32(0))
		if err == nil {
			_, err = c.buffer(1) // before a message is taken, which would be lost
		}
		if err != nil {
			return int64(c.fail(err))
		}
		message, err := w.receive(c)
		if err != nil {
			return int64(c.fail(err))
		}
		w.message = nil
		if len(message) > int(c.u32(2)) {
			w.message = message
		}
		return put(c, 1, message)
	}},
	"websocket_info": {[]api.ValueType{i32, i32, i32, i32}, errnoI32, func(c *call) int64 {
		w, err := at[*websocket](&c.handles, c.i32(0))
		if err != nil {
			return int64(c.fail(err))
		}
		fact := map[int32]string{abi.MessageText: "text", abi.MessageBinary: "binary"}[w.kind]
		if c.i32(1) != abi.WebSocketKind {
			fact, err = w.Info(c.i32(1))
		}
		if err != nil {
			return int64(c.fail(err))
		}
		return c.put(2, fact)
	}},
}

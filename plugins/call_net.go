package plugins

import (
	"errors"
	"io"
	"strings"
	"time"

	"github.com/tetratelabs/wazero/api"
)

// stream is an open connection of a guest.
type stream struct{ Conn }

func (s stream) close() { _ = s.Conn.Close() } // the guest can't receive the error

var netCalls = map[string]hostCall{
	"dial": {[]api.ValueType{i32, i32, i32}, errnoI32, func(c *call) int64 {
		address, err := c.text(1)
		if err != nil {
			return int64(c.fail(err))
		}
		c.goOut()
		conn, err := c.net.Dial(c.ctx, c.i32(0), address)
		c.comeIn()
		if err != nil {
			return int64(c.fail(err))
		}
		return c.open(stream{conn}, 0)
	}},
	"read": {[]api.ValueType{i32, i32, i32}, errnoI32, func(c *call) int64 {
		buf, err := c.buffer(1)
		if err != nil {
			return int64(c.fail(err))
		}
		var n int
		c.goOut()
		switch h := c.handles.find(c.i32(0)).(type) {
		case stream:
			n, err = h.Read(c.ctx, buf)
		case *response:
			n, err = h.read(buf)
		case shell:
			n, err = h.Read(buf)
		default:
			_, err = at[stream](&c.handles, c.i32(0))
		}
		c.comeIn()
		if n > 0 || errors.Is(err, io.EOF) {
			return int64(n)
		}
		if err != nil {
			return int64(c.fail(err))
		}
		return 0
	}},
	"read_within": {[]api.ValueType{i32, i64, i32, i32}, errnoI32, func(c *call) int64 {
		s, err := at[stream](&c.handles, c.i32(0))
		if err != nil {
			return int64(c.fail(err))
		}
		buf, err := c.buffer(2)
		if err != nil {
			return int64(c.fail(err))
		}
		c.goOut()
		n, err := s.ReadWithin(c.ctx, time.Duration(c.stack[1]), buf)
		c.comeIn()
		if n > 0 || err == nil || errors.Is(err, io.EOF) {
			return int64(n)
		}
		late := c.timedOut
		code := c.fail(err)
		c.timedOut = late || c.timedOut && over(c.ctx) // otherwise only this wait is over
		return int64(code)
	}},
	"write": {[]api.ValueType{i32, i32, i32}, errnoI32, func(c *call) int64 {
		s, err := at[stream](&c.handles, c.i32(0))
		if err != nil {
			return int64(c.fail(err))
		}
		b, err := c.view(1, maxWrite)
		if err != nil {
			return int64(c.fail(err))
		}
		c.goOut()
		n, err := s.Write(c.ctx, b)
		c.comeIn()
		if err != nil {
			return int64(c.fail(err))
		}
		return int64(n)
	}},
	"close": {[]api.ValueType{i32}, noResult, func(c *call) int64 {
		if s, ok := c.handles.take(c.i32(0)); ok {
			c.lease.Charge(priceMove)
			c.wait(s.close)
		}
		return 0
	}},
	"tls_start": {[]api.ValueType{i32, i32, i32}, errnoI32, func(c *call) int64 {
		s, err := at[stream](&c.handles, c.i32(0))
		if err != nil {
			return int64(c.fail(err))
		}
		name, err := c.text(1)
		if err == nil {
			c.goOut()
			err = s.StartTLS(c.ctx, name)
			c.comeIn()
		}
		if err != nil {
			return int64(c.fail(err))
		}
		return 0
	}},
	"tls_info": {[]api.ValueType{i32, i32, i32, i32}, errnoI32, func(c *call) int64 {
		var fact string
		var err error
		switch h := c.handles.find(c.i32(0)).(type) {
		case stream:
			fact, err = h.TLSInfo(c.i32(1))
		case *response:
			fact, err = h.TLSInfo(c.i32(1))
		case *websocket:
			fact, err = h.Answer().TLSInfo(c.i32(1))
		default:
			_, err = at[stream](&c.handles, c.i32(0))
		}
		if err != nil {
			return int64(c.fail(err))
		}
		return c.put(2, fact)
	}},
}

var dnsCalls = map[string]hostCall{
	"resolve": {[]api.ValueType{i32, i32, i32, i32, i32, i32, i32, i32}, errnoI32, func(c *call) int64 {
		t, err := c.texts(0, 2, 4)
		if err != nil {
			return int64(c.fail(err))
		}
		c.goOut()
		answers, err := c.net.Resolve(c.ctx, t[0], t[1], t[2])
		c.comeIn()
		if err != nil {
			return int64(c.fail(err))
		}
		size := len(answers)
		for _, a := range answers {
			size += len(a)
		}
		if err := c.Hold(2 * size); err != nil { // each separately, and all joined
			return int64(c.fail(err))
		}
		defer c.Release(2 * size)
		return c.put(6, strings.Join(answers, "\n"))
	}},
}

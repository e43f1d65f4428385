package plugins

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"

	"github.com/tetratelabs/wazero/api"

	"vega/plugins/egress"
	"vega/plugins/jsonpath"
	"vega/plugins/manifest"
	"vega/sdk/abi"
)

// request is an HTTP request that a guest is putting together; http_send turns
// its handle into that of the response.
type request struct{ egress.Request }

func (*request) close() {}

// response is the answer to a request. What was read of the body is kept, so
// that a guest may read it and ask for JSON paths in any order.
type response struct {
	*egress.Response
	guest *guest
	kept  kept // the body, from its beginning
	given int  // bytes of the body that the guest has read
	ended bool // the body was read to its end
	asked bool // for JSON, so that what is kept has to stay
	text  *jsonpath.Text
}

func (g *guest) newResponse(answer *egress.Response, limit int64) *response {
	r := &response{Response: answer, guest: g}
	r.kept = kept{held: holding{of: g}, limit: int(egress.BodyLimit(limit))}
	if !g.module.imports("json") {
		r.kept.lost = errInvalid // nobody will ask
	}
	return r
}

// imports reports whether the module can make a call.
func (m *Module) imports(name string) bool {
	return slices.ContainsFunc(m.Imports, func(i manifest.Import) bool { return i.Module == abi.Module && i.Name == name })
}

func (r *response) close() {
	_ = r.Body.Close() // nobody is left to tell
	r.text = nil
	r.kept.free()
}

func (r *response) read(buf []byte) (int, error) {
	if r.given < len(r.kept.b) {
		n := copy(buf, r.kept.b[r.given:])
		r.given += n
		return n, nil
	}
	if r.ended {
		return 0, io.EOF
	}
	n, err := r.fetch(buf)
	r.kept.keep(buf[:n])
	r.given += n
	return n, err
}

// fetch reads more of the body.
func (r *response) fetch(buf []byte) (int, error) {
	r.guest.goOut()
	n, err := r.Body.Read(buf)
	r.guest.comeIn()
	r.ended = errors.Is(err, io.EOF)
	return n, err
}

const (
	requestMemory = 512 // of a request, what it says not counted
	fieldMemory   = 96  // of a header, likewise
)

// keepTexts are the strings at the given argument positions, held for what is
// open in a slot.
func (c *call) keepTexts(s *slot, positions ...int) ([]string, error) {
	size := fieldMemory
	for _, i := range positions {
		size += int(min(c.u32(i+1), maxArgument))
	}
	if err := s.held.more(size); err != nil {
		return nil, err
	}
	t, err := c.texts(positions...)
	if err != nil {
		s.held.less(size)
	}
	return t, err
}

// send sends a request, whose slot becomes that of the answer. What was sent is
// held until that is closed: it may still be on its way.
func (c *call) send(s *slot, r *request) (*egress.Response, error) {
	body, err := c.view(1, maxWrite)
	if err != nil {
		return nil, err
	}
	if err := s.held.more(2 * len(body)); err != nil { // and once with secrets in it
		return nil, err
	}
	r.Body = slices.Clone(body)
	c.goOut()
	answer, err := c.net.HTTP(c.ctx, &r.Request)
	c.comeIn()
	if err == nil {
		err = s.held.more(headerMemory(answer.Header))
		if err != nil {
			_ = answer.Body.Close() // the first error is the one to tell
		}
	}
	if err != nil {
		r.Body = nil
		s.held.less(2 * len(body))
		return nil, err
	}
	s.handle = c.newResponse(answer, r.MaxBody)
	return answer, nil
}

func headerMemory(h http.Header) (bytes int) {
	for name, values := range h {
		for _, v := range values {
			bytes += fieldMemory + len(name) + len(v)
		}
	}
	return bytes
}

var httpCalls = map[string]hostCall{
	"http_request": {[]api.ValueType{i32, i32, i32, i32}, errnoI32, func(c *call) int64 {
		t, err := c.texts(0, 2)
		if err != nil {
			return int64(c.fail(err))
		}
		return int64(c.openHolding(&request{egress.Request{Method: t[0], URL: t[1], Redirects: 10}}, requestMemory+len(t[0])+len(t[1])))
	}},
	"http_header": {[]api.ValueType{i32, i32, i32, i32, i32}, errnoI32, func(c *call) int64 {
		r, err := at[*request](c.guest, c.i32(0))
		if err != nil {
			return int64(c.fail(err))
		}
		if len(r.Header) >= maxHeaders {
			return int64(c.fail(fmt.Errorf("%w: more than %d headers", errTooLarge, maxHeaders)))
		}
		t, err := c.keepTexts(c.handles[c.i32(0)], 1, 3)
		if err != nil {
			return int64(c.fail(err))
		}
		r.Header = append(r.Header, egress.Field{Name: t[0], Value: t[1]})
		return 0
	}},
	"http_option": {[]api.ValueType{i32, i32, i32}, errnoI32, func(c *call) int64 {
		r, err := at[*request](c.guest, c.i32(0))
		value := c.i32(2)
		switch {
		case err != nil:
		case value < 0:
			err = fmt.Errorf("%w: a negative option", errInvalid)
		case c.i32(1) == abi.OptRedirects:
			r.Redirects = int(min(value, 10))
		case c.i32(1) == abi.OptMaxBody:
			r.MaxBody = int64(value)
		default:
			err = fmt.Errorf("%w: http option %d is not known", errInvalid, c.i32(1))
		}
		if err != nil {
			return int64(c.fail(err))
		}
		return 0
	}},
	"http_basic_auth": {[]api.ValueType{i32, i32, i32, i32, i32}, errnoI32, func(c *call) int64 {
		r, err := at[*request](c.guest, c.i32(0))
		if err != nil {
			return int64(c.fail(err))
		}
		t, err := c.keepTexts(c.handles[c.i32(0)], 1, 3)
		if err != nil {
			return int64(c.fail(err))
		}
		r.BasicUser, r.BasicPass = &t[0], &t[1]
		return 0
	}},
	"http_send": {[]api.ValueType{i32, i32, i32}, errnoI32, func(c *call) int64 {
		r, err := at[*request](c.guest, c.i32(0))
		if err != nil {
			return int64(c.fail(err))
		}
		answer, err := c.send(c.handles[c.i32(0)], r)
		if err != nil {
			return int64(c.fail(err))
		}
		return int64(answer.Status)
	}},
	"http_response_header": {[]api.ValueType{i32, i32, i32, i32, i32}, errnoI32, func(c *call) int64 {
		r, err := at[*response](c.guest, c.i32(0))
		if err != nil {
			return int64(c.fail(err))
		}
		name, err := c.text(1)
		if err != nil {
			return int64(c.fail(err))
		}
		if len(r.Header.Values(name)) == 0 {
			return int64(c.fail(fmt.Errorf("header %q: %w", name, errNotSet)))
		}
		return c.put(3, r.Header.Get(name))
	}},
	"http_timing": {[]api.ValueType{i32, i32}, nanosI64, func(c *call) int64 {
		r, err := at[*response](c.guest, c.i32(0))
		phase := c.i32(1)
		if err == nil && (phase < 0 || int(phase) >= len(r.Phases)) {
			err = fmt.Errorf("%w: phase %d is not known", errInvalid, phase)
		}
		if err != nil {
			return int64(c.fail(err))
		}
		return int64(r.Phases[phase])
	}},
}

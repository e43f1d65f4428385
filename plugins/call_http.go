package plugins

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/tetratelabs/wazero/api"

	"vega/plugins/egress"
	"vega/sdk/abi"
)

// request is an HTTP request that a guest is preparing. When http_send
// succeeds, its handle refers to the response instead.
type request struct {
	egress.Request
	noJSON bool // json will not be called for the response
}

func (*request) close() {}

const (
	maxRedirects  = 10
	requestMemory = 512 // bytes of a request, excluding its contents
	fieldMemory   = 96  // bytes of a header, excluding its contents
)

// heldTexts returns the strings at the argument positions and counts their
// memory on a slot.
func heldTexts(c *call, s *slot, positions ...int) ([]string, error) {
	size := fieldMemory
	for _, i := range positions {
		size += int(min(c.u32(i+1), maxArgument))
	}
	if err := s.held.Grow(size); err != nil {
		return nil, err
	}
	t, err := c.texts(positions...)
	if err != nil {
		s.held.Shrink(size)
	}
	return t, err
}

// send sends a request and puts the response in its slot. The request stays
// counted until the response is closed, because it may still be on its way.
func send(c *call, s *slot, r *request) (*egress.Response, error) {
	body, err := c.view(1, maxWrite)
	if err != nil {
		return nil, err
	}
	if err := s.held.Grow(2 * len(body)); err != nil { // with placeholders, and with secrets
		return nil, err
	}
	r.Body = slices.Clone(body)
	c.goOut()
	answer, err := c.net.HTTP(c.ctx, &r.Request)
	c.comeIn()
	if err == nil {
		size := headerMemory(answer.Header)
		if r.HTTP2 {
			c.lease.Charge(priceOf(size, priceFieldKiB))
		}
		if err = s.held.Grow(size); err != nil {
			_ = answer.Body.Close() // the first error is the one to report
		}
	}
	if err != nil {
		r.Body = nil
		s.held.Shrink(2 * len(body))
		return nil, err
	}
	s.handle = newResponse(c.guest, answer, r)
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

// landedName stands for where redirects led, among the headers of a response. No
// header can have that name.
const landedName = ":url"

// headerValue returns the first value of a header, or for NAME:N the one with
// that index.
func headerValue(h http.Header, name string) (string, bool) {
	name, digits, numbered := strings.Cut(name, ":")
	n := 0
	if numbered {
		var err error
		if n, err = strconv.Atoi(digits); err != nil || n < 0 {
			return "", false
		}
	}
	values := h.Values(name)
	if n >= len(values) {
		return "", false
	}
	return values[n], true
}

var httpCalls = map[string]hostCall{
	"http_request": {[]api.ValueType{i32, i32, i32, i32}, errnoI32, func(c *call) int64 {
		t, err := c.texts(0, 2)
		if err != nil {
			return int64(c.fail(err))
		}
		return c.open(&request{Request: egress.Request{Method: t[0], URL: t[1], Redirects: maxRedirects}}, requestMemory+len(t[0])+len(t[1]))
	}},
	"http_header": {[]api.ValueType{i32, i32, i32, i32, i32}, errnoI32, func(c *call) int64 {
		r, err := at[*request](&c.handles, c.i32(0))
		if err != nil {
			return int64(c.fail(err))
		}
		if len(r.Header) >= maxHeaders {
			return int64(c.fail(fmt.Errorf("%w: more than %d headers", ErrTooLarge, maxHeaders)))
		}
		t, err := heldTexts(c, c.handles.open[c.i32(0)], 1, 3)
		if err != nil {
			return int64(c.fail(err))
		}
		r.Header = append(r.Header, egress.Field{Name: t[0], Value: t[1]})
		return 0
	}},
	"http_option": {[]api.ValueType{i32, i32, i32}, errnoI32, func(c *call) int64 {
		r, err := at[*request](&c.handles, c.i32(0))
		value := c.i32(2)
		switch {
		case err != nil:
		case value < 0:
			err = fmt.Errorf("%w: the value of an http option is negative", errInvalid)
		case c.i32(1) == abi.OptRedirects:
			r.Redirects = int(min(value, maxRedirects))
		case c.i32(1) == abi.OptMaxBody:
			r.MaxBody = int64(value)
		case c.i32(1) == abi.OptUTF8:
			r.UTF8 = value != 0
		case c.i32(1) == abi.OptNoJSON:
			r.noJSON = value != 0
		case c.i32(1) == abi.OptHTTP2:
			r.HTTP2 = value != 0
		default:
			err = fmt.Errorf("%w: unknown http option %d", errInvalid, c.i32(1))
		}
		if err != nil {
			return int64(c.fail(err))
		}
		return 0
	}},
	"http_basic_auth": {[]api.ValueType{i32, i32, i32, i32, i32}, errnoI32, func(c *call) int64 {
		r, err := at[*request](&c.handles, c.i32(0))
		if err != nil {
			return int64(c.fail(err))
		}
		t, err := heldTexts(c, c.handles.open[c.i32(0)], 1, 3)
		if err != nil {
			return int64(c.fail(err))
		}
		r.BasicUser, r.BasicPass = &t[0], &t[1]
		return 0
	}},
	"http_send": {[]api.ValueType{i32, i32, i32}, errnoI32, func(c *call) int64 {
		r, err := at[*request](&c.handles, c.i32(0))
		if err != nil {
			return int64(c.fail(err))
		}
		answer, err := send(c, c.handles.open[c.i32(0)], r)
		if err != nil {
			return int64(c.fail(err))
		}
		return int64(answer.Status)
	}},
	"http_response_header": {[]api.ValueType{i32, i32, i32, i32, i32}, errnoI32, func(c *call) int64 {
		r, err := answerOf(&c.handles, c.i32(0))
		if err != nil {
			return int64(c.fail(err))
		}
		name, err := c.text(1)
		if err != nil {
			return int64(c.fail(err))
		}
		value, ok := headerValue(r.Header, name)
		if name == landedName {
			value, ok = r.Landed, r.Landed != ""
		}
		if !ok {
			return int64(c.fail(fmt.Errorf("header %q: %w", name, errNotSet)))
		}
		return c.put(3, value)
	}},
	"http_unix": {[]api.ValueType{i32, i32, i32}, errnoI32, func(c *call) int64 {
		r, err := at[*request](&c.handles, c.i32(0))
		if err != nil {
			return int64(c.fail(err))
		}
		t, err := heldTexts(c, c.handles.open[c.i32(0)], 1)
		if err != nil {
			return int64(c.fail(err))
		}
		r.Socket = t[0]
		return 0
	}},
	"http_response_trailer": {[]api.ValueType{i32, i32, i32, i32, i32}, errnoI32, func(c *call) int64 {
		r, err := at[*response](&c.handles, c.i32(0))
		if err != nil {
			return int64(c.fail(err))
		}
		name, err := c.text(1)
		if err != nil {
			return int64(c.fail(err))
		}
		value, ok := headerValue(r.trailers, name)
		if !ok {
			return int64(c.fail(fmt.Errorf("trailer %q: %w", name, errNotSet)))
		}
		return c.put(3, value)
	}},
	"http_timing": {[]api.ValueType{i32, i32}, nanosI64, func(c *call) int64 {
		r, err := answerOf(&c.handles, c.i32(0))
		phase := c.i32(1)
		if err == nil && (phase < 0 || int(phase) >= len(r.Phases)) {
			err = fmt.Errorf("%w: unknown phase %d", errInvalid, phase)
		}
		if err != nil {
			return int64(c.fail(err))
		}
		return int64(r.Phases[phase])
	}},
}

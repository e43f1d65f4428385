package plugins

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/tetratelabs/wazero/api"

	"vega/plugins/egress"
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
	seen   []byte // of the body, from its beginning
	given  int    // bytes of seen that the guest has read
	tree   any
	parsed bool
}

func (r *response) close() { _ = r.Body.Close() } // nobody is left to tell

func (r *response) read(buf []byte) (int, error) {
	if r.given == len(r.seen) && !r.parsed {
		n, err := r.Body.Read(buf)
		r.seen = append(r.seen, buf[:n]...)
		r.given += n
		return n, err
	}
	if r.given == len(r.seen) {
		return 0, io.EOF
	}
	n := copy(buf, r.seen[r.given:])
	r.given += n
	return n, nil
}

// parse reads the body to its end, once, and decodes it as JSON.
func (r *response) parse() error {
	if r.parsed {
		return nil
	}
	rest, err := io.ReadAll(r.Body)
	r.seen = append(r.seen, rest...)
	if err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(r.seen))
	d.UseNumber()
	var tree any
	if err := d.Decode(&tree); err != nil {
		return fmt.Errorf("%w: the body is no JSON: %w", errInvalid, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: the body has more after its JSON", errInvalid)
	}
	r.tree, r.parsed = tree, true
	return nil
}

var httpCalls = map[string]hostCall{
	"http_request": {[]api.ValueType{i32, i32, i32, i32}, errnoI32, func(c *call) int64 {
		t, err := c.texts(0, 2)
		if err != nil {
			return int64(c.fail(err))
		}
		return int64(c.open(&request{egress.Request{Method: t[0], URL: t[1], Redirects: 10}}))
	}},
	"http_header": {[]api.ValueType{i32, i32, i32, i32, i32}, errnoI32, func(c *call) int64 {
		r, err := at[*request](c.guest, c.i32(0))
		if err != nil {
			return int64(c.fail(err))
		}
		t, err := c.texts(1, 3)
		if err == nil && len(r.Header) >= maxHeaders {
			err = fmt.Errorf("%w: more than %d headers", errTooLarge, maxHeaders)
		}
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
		t, err := c.texts(1, 3)
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
		if r.Body, err = c.bytes(1, maxWrite); err != nil {
			return int64(c.fail(err))
		}
		answer, err := c.net.HTTP(c.ctx, &r.Request)
		if err != nil {
			return int64(c.fail(err))
		}
		c.handles[c.i32(0)] = &response{Response: answer}
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
	"json": {[]api.ValueType{i32, i32, i32, i32, i32}, errnoI32, func(c *call) int64 {
		r, err := at[*response](c.guest, c.i32(0))
		if err != nil {
			return int64(c.fail(err))
		}
		path, err := c.text(1)
		if err == nil {
			err = r.parse()
		}
		if err != nil {
			return int64(c.fail(err))
		}
		value, ok := lookup(r.tree, path)
		if !ok {
			return int64(c.fail(fmt.Errorf("JSON path %q: %w", path, errNotSet)))
		}
		// Only now is text without the escapes that the body may have it in.
		return c.put(3, c.vault.HideString(value))
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

package plugins

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/tetratelabs/wazero/api"

	"vega/plugins/jsonpath"
)

var jsonCalls = map[string]hostCall{
	"json": {[]api.ValueType{i32, i32, i32, i32, i32}, errnoI32, func(c *call) int64 {
		r, err := at[*response](&c.handles, c.i32(0))
		if err != nil {
			return int64(c.fail(err))
		}
		path, err := c.text(1)
		if err != nil {
			return int64(c.fail(err))
		}
		value, err := r.find(path)
		if err != nil {
			return int64(c.fail(err))
		}
		return putJSON(c, 3, value)
	}},
}

// find returns the value at a path in the body.
func (r *response) find(path string) (jsonpath.Value, error) {
	if r.json == nil {
		if err := r.readAll(); err != nil {
			return jsonpath.Value{}, err
		}
		r.json = jsonpath.New(r.body.Bytes())
	}
	value, err := r.json.Find(path, r.guest)
	switch {
	case err == nil, ended(r.guest.run) != nil:
		return value, err
	case errors.Is(err, jsonpath.ErrAbsent):
		return value, fmt.Errorf("JSON path %q: %w", path, errNotSet)
	case len(r.body.Bytes()) == 0:
		return value, &unfitError{errInvalid, "the body is not JSON: it is empty"}
	default:
		return value, unfit(err)
	}
}

// unfit returns the error of a json call on a body that can't be read as JSON.
func unfit(err error) error {
	_, syntax := errors.AsType[*jsonpath.SyntaxError](err)
	_, duplicate := errors.AsType[*jsonpath.DuplicateError](err)
	switch {
	case syntax:
		return &unfitError{errInvalid, "the body is not JSON: " + err.Error()}
	case duplicate:
		return &unfitError{errInvalid, "the JSON of the body is ambiguous: " + err.Error()}
	case errors.Is(err, jsonpath.ErrDepth):
		return fmt.Errorf("%w: the JSON of the body: %w", ErrTooLarge, err)
	default:
		return err
	}
}

// unfitError is an error of a kind that its text does not name, because the
// kind is for the guest and the text for the operator.
type unfitError struct {
	kind error
	text string
}

func (e *unfitError) Error() string { return e.text }

func (e *unfitError) Unwrap() error { return e.kind }

// readAll reads the body to its end and keeps it.
func (r *response) readAll() error {
	if err := r.body.lost; err != nil {
		return r.guest.refused(unfit(err))
	}
	r.asked = true
	size, _ := strconv.Atoi(r.Header.Get("Content-Length")) // 0 without the header
	for !r.ended {
		room, err := r.body.Room(size + 1)
		if err != nil && r.guest.dropBodies() {
			room, err = r.body.Room(size + 1)
		}
		if err != nil {
			return r.guest.refused(err)
		}
		n, err := r.fetch(room)
		r.body.Commit(n)
		if err == nil {
			err = r.guest.Pause()
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
	}
	return nil
}

// putJSON copies a value from a body, like put. Strings are unescaped while
// they are copied.
func putJSON(c *call, i int, value jsonpath.Value) int64 {
	buf, err := c.buffer(i)
	if err != nil {
		return int64(c.fail(err))
	}
	out := tray{buf: buf}
	if !c.vault.Empty() {
		out.buf = nil
	}
	if err := value.Write(&out, c); err != nil {
		return int64(c.fail(err))
	}
	if c.vault.Empty() {
		return int64(out.size)
	}
	copies := (1 + hideCopies) * out.size
	if err := c.Hold(copies); err != nil {
		return int64(c.fail(err))
	}
	defer c.Release(copies)
	plain := tray{buf: make([]byte, out.size)}
	if err := value.Write(&plain, c); err != nil {
		return int64(c.fail(err))
	}
	hidden, err := hide(c.guest, plain.buf)
	if err != nil {
		return int64(c.fail(err))
	}
	return put(c, i, hidden)
}

// tray keeps the bytes that fit, and counts all bytes written to it.
type tray struct {
	buf  []byte
	size int
}

func (t *tray) Write(b []byte) (int, error) {
	if t.size < len(t.buf) {
		copy(t.buf[t.size:], b)
	}
	t.size += len(b)
	return len(b), nil
}

const (
	// hideAtOnce limits how many bytes are searched for secrets without a
	// pause.
	hideAtOnce = 32 << 10
	// hideCopies is the number of copies of a value that hide may hold: the result, and
	// the buffers for its input and output.
	hideCopies = 3
)

// hide returns a copy of b with placeholders in place of whole secrets. It
// pauses regularly. The caller must hold hideCopies times the length of b.
func hide(g *guest, b []byte) ([]byte, error) {
	out := make([]byte, 0, len(b))
	for r := g.vault.HideReader(bytes.NewReader(b)); ; {
		n, err := r.Read(out[len(out):min(len(out)+hideAtOnce, len(b))])
		out = out[:len(out)+n]
		if len(out) == len(b) || errors.Is(err, io.EOF) {
			return out, nil
		}
		if err == nil {
			err = g.Pause()
		}
		if err != nil {
			return nil, err
		}
	}
}

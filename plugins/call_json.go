package plugins

import (
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/tetratelabs/wazero/api"

	"vega/plugins/jsonpath"
)

var jsonCalls = map[string]hostCall{
	"json": {[]api.ValueType{i32, i32, i32, i32, i32}, errnoI32, func(c *call) int64 {
		r, err := at[*response](c.guest, c.i32(0))
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
		return c.putJSON(3, value)
	}},
}

// find is the value at a path in the body.
func (r *response) find(path string) (jsonpath.Value, error) {
	if r.text == nil {
		if err := r.readAll(); err != nil {
			return jsonpath.Value{}, err
		}
		r.text = jsonpath.New(r.kept.b)
	}
	value, err := r.text.Find(path, r.guest)
	switch {
	case err == nil, ended(r.guest.run) != nil:
		return value, err
	case errors.Is(err, jsonpath.ErrAbsent):
		return value, fmt.Errorf("JSON path %q: %w", path, errNotSet)
	default:
		return value, unfit(err)
	}
}

// unfit is the error of a body that json can't read.
func unfit(err error) error {
	var syntax *jsonpath.SyntaxError
	var twice *jsonpath.DuplicateError
	switch {
	case errors.As(err, &syntax):
		return fmt.Errorf("%w: the body is not JSON: %w", errInvalid, err)
	case errors.As(err, &twice):
		return fmt.Errorf("%w: the JSON of the body is ambiguous: %w", errInvalid, err)
	case errors.Is(err, jsonpath.ErrDepth):
		return fmt.Errorf("%w: the JSON of the body: %w", errTooLarge, err)
	default:
		return err
	}
}

// readAll reads the body to its end, and keeps it.
func (r *response) readAll() error {
	if err := r.kept.lost; err != nil {
		return r.guest.refused(unfit(err))
	}
	r.asked = true
	size, _ := strconv.Atoi(r.Header.Get("Content-Length")) // 0 where it is not told
	for !r.ended {
		room, err := r.kept.room(size + 1)
		if err != nil && r.guest.forgo() {
			room, err = r.kept.room(size + 1)
		}
		if err != nil {
			return r.guest.refused(err)
		}
		n, err := r.fetch(room)
		r.kept.b = r.kept.b[:len(r.kept.b)+n]
		if err == nil {
			err = r.guest.Pause()
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
	}
	return nil
}

// putJSON is put for a value of a body. Only now is text without the escapes
// that the body may have it in.
func (c *call) putJSON(i int, value jsonpath.Value) int64 {
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
	copies := (1 + hiddenCopies) * out.size
	if err := c.Hold(copies); err != nil {
		return int64(c.fail(err))
	}
	defer c.Release(copies)
	text := tray{buf: make([]byte, out.size)}
	if err := value.Write(&text, c); err != nil {
		return int64(c.fail(err))
	}
	hidden, err := c.hide(text.buf)
	if err != nil {
		return int64(c.fail(err))
	}
	return put(c, i, hidden)
}

// tray takes as much as it has room for, and counts all of it.
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

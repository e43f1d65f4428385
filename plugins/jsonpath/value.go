package jsonpath

import (
	"io"
	"strconv"
	"unicode/utf8"
)

type kind byte

// The kinds of Value.
const (
	nothing kind = iota
	text         // raw is a string, without its quotes
	other        // raw is any other value, as written
	number       // count
)

// Value is the value at a path. It refers to the Text it was found in.
type Value struct {
	kind  kind
	raw   []byte
	count int
}

func valueOf(raw []byte) Value {
	if raw[0] == '"' {
		return Value{kind: text, raw: raw[1 : len(raw)-1]}
	}
	return Value{kind: other, raw: raw}
}

// typeOf returns the name of a value's type, as a text.
func typeOf(v Value) Value {
	name := "number"
	switch {
	case v.kind == nothing: // it could not be read
		return v
	case v.kind == text:
		name = "text"
	default:
		switch v.raw[0] {
		case '{':
			name = "object"
		case '[':
			name = "list"
		case 't', 'f':
			name = "bool"
		case 'n':
			name = "null"
		}
	}
	return Value{kind: text, raw: []byte(name)}
}

// Size returns an upper bound on the bytes that Write writes.
func (v Value) Size() int {
	if v.kind == number {
		return 20
	}
	return len(v.raw) * len("\uFFFD") // in case each byte is invalid
}

// Write writes the value: the text of a string, a number or word as written, a
// list or object as JSON without white space. Invalid UTF-8 becomes U+FFFD.
func (v Value) Write(w io.Writer, host Host) error {
	out := func(piece []byte) error {
		if _, err := w.Write(piece); err != nil {
			return err
		}
		if len(piece) < longRun {
			return nil
		}
		return host.Pause()
	}
	switch v.kind {
	case text:
		return decode(v.raw, paced(out, host))
	case number:
		return out(strconv.AppendInt(nil, int64(v.count), 10))
	default:
		return compact(v.raw, paced(out, host))
	}
}

// paced pauses at intervals between pieces.
func paced(out func([]byte) error, host Host) func([]byte) error {
	const often = 1024
	pieces := 0
	return func(piece []byte) error {
		if pieces++; pieces%often == 0 {
			if err := host.Pause(); err != nil {
				return err
			}
		}
		return out(piece)
	}
}

// longRun is the maximum length of a piece that is written without a pause.
const longRun = 32 << 10

// decode passes the text of a string to out in pieces.
func decode(raw []byte, out func([]byte) error) error {
	var one [utf8.UTFMax]byte
	for len(raw) > 0 {
		if n := plainRun(raw); n > 0 {
			if err := out(raw[:n]); err != nil {
				return err
			}
			raw = raw[n:]
			continue
		}
		r, n := character(raw)
		if err := out(utf8.AppendRune(one[:0], r)); err != nil {
			return err
		}
		raw = raw[n:]
	}
	return nil
}

// plainRun returns the length of the leading part of a string, up to longRun,
// that needs no decoding.
func plainRun(raw []byte) int {
	i := 0
	for i < len(raw) && i < longRun {
		c := raw[i]
		if c == '\\' {
			return i
		}
		if c < utf8.RuneSelf {
			i++
			continue
		}
		r, n := utf8.DecodeRune(raw[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return i
}

// compact passes a value as written to out, without the white space between its
// parts.
func compact(raw []byte, out func([]byte) error) error {
	inside := false // a string
	for len(raw) > 0 {
		var n int
		if n, inside = denseRun(raw, inside); n > 0 {
			if err := out(raw[:n]); err != nil {
				return err
			}
			raw = raw[n:]
			continue
		}
		if inside { // an invalid byte
			if err := out([]byte("\uFFFD")); err != nil {
				return err
			}
		}
		raw = raw[1:]
	}
	return nil
}

// denseRun returns the length of the leading part of a value, up to about
// longRun, that is copied unchanged, and whether a string is open at its end.
func denseRun(raw []byte, inside bool) (int, bool) {
	i := 0
	for i < len(raw) && i < longRun {
		switch c := raw[i]; {
		case c == '"':
			inside = !inside
			i++
		case !inside && blank[c]:
			return i, inside
		case inside && c == '\\':
			i += 2
		case c < utf8.RuneSelf:
			i++
		default:
			r, n := utf8.DecodeRune(raw[i:])
			if r == utf8.RuneError && n == 1 {
				return i, inside
			}
			i += n
		}
	}
	return i, inside
}

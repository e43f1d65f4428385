// Package binary reads and writes WebAssembly modules by their sections, as
// far as vega needs to look into one without running it.
//
// Sections walks a module; Reader takes a section's body apart, and after its
// first error yields zeros until Err is asked. Every count in a module comes
// from a stranger: Reader never allocates by one.
package binary

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"
)

// The sections that vega looks at.
const (
	Custom    = 0
	Imports   = 2
	Memories  = 5
	Globals   = 6
	Exports   = 7
	Data      = 11
	DataCount = 12
)

var magic = []byte{0, 'a', 's', 'm', 1, 0, 0, 0}

// Header is how every module begins.
func Header() []byte { return slices.Clone(magic) }

// Sections calls yield with each section of a module, in order, and ends at
// the first error.
func Sections(wasm []byte, yield func(id byte, body *Reader) error) error {
	if !bytes.HasPrefix(wasm, magic) {
		return errors.New("this is no WebAssembly core module (version 1)")
	}
	r := NewReader(wasm[len(magic):])
	for r.Len() > 0 {
		id := r.Byte()
		body := NewReader(r.Take(r.U32()))
		if err := r.Err(); err != nil {
			return fmt.Errorf("the module is cut short: %w", err)
		}
		if err := yield(id, body); err != nil {
			return err
		}
	}
	return nil
}

// AppendSection adds a section to a module.
func AppendSection(module []byte, id byte, body []byte) []byte {
	module = append(module, id)
	module = binary.AppendUvarint(module, uint64(len(body)))
	return append(module, body...)
}

// AppendName adds a name to a section's body.
func AppendName(body []byte, name string) []byte {
	body = binary.AppendUvarint(body, uint64(len(name)))
	return append(body, name...)
}

// Reader takes bytes apart.
type Reader struct {
	b   []byte
	err error
}

// NewReader reads b.
func NewReader(b []byte) *Reader { return &Reader{b: b} }

// Err is the first error.
func (r *Reader) Err() error { return r.err }

// Len is how many bytes are left.
func (r *Reader) Len() int { return len(r.b) }

// Rest is what is left.
func (r *Reader) Rest() []byte { return r.b }

var errShort = errors.New("unexpected end")

func (r *Reader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
	r.b = nil
}

// Take is the next n bytes.
func (r *Reader) Take(n uint32) []byte {
	if uint64(n) > uint64(len(r.b)) {
		r.fail(errShort)
		return nil
	}
	b := r.b[:n]
	r.b = r.b[n:]
	return b
}

// Byte is the next byte.
func (r *Reader) Byte() byte {
	if b := r.Take(1); len(b) == 1 {
		return b[0]
	}
	return 0
}

// U32 is an unsigned LEB128 number.
func (r *Reader) U32() uint32 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 || n > 5 || v > 1<<32-1 {
		r.fail(errShort)
		return 0
	}
	r.b = r.b[n:]
	return uint32(v)
}

// S32 is a signed LEB128 number.
func (r *Reader) S32() int32 {
	var v int64
	for shift := 0; shift < 35; shift += 7 {
		b := r.Byte()
		v |= int64(b&0x7f) << shift
		if b&0x80 == 0 {
			if b&0x40 != 0 {
				v |= -1 << (shift + 7)
			}
			return int32(v)
		}
	}
	r.fail(errors.New("a number is longer than 32 bits"))
	return 0
}

// Name is a length and as many bytes of UTF-8.
func (r *Reader) Name() string {
	s := r.Take(r.U32())
	if !utf8.Valid(s) {
		r.fail(errors.New("a name is not UTF-8"))
		return ""
	}
	return string(s)
}

// SkipLEB steps over a LEB128 number of any width.
func (r *Reader) SkipLEB() {
	for r.Byte()&0x80 != 0 {
	}
}

package binary

import (
	"errors"
	"fmt"
	"unicode/utf8"
)

// Reader reads an encoded module. After its first error every read returns
// zero, and Err returns that error.
type Reader struct {
	b   []byte
	end int // offset in the module where b ends
	err error
}

// NewReader reads b.
func NewReader(b []byte) *Reader { return &Reader{b: b, end: len(b)} }

// Err returns the first error.
func (r *Reader) Err() error { return r.err }

// Len returns the number of bytes left.
func (r *Reader) Len() int { return len(r.b) }

// Rest returns the bytes left.
func (r *Reader) Rest() []byte { return r.b }

// At returns the offset of the next byte in the module.
func (r *Reader) At() int { return r.end - len(r.b) }

func (r *Reader) fail(err error) {
	if r.err == nil {
		r.err = err
		r.end = r.At() // keeps At at the read that failed
	}
	r.b = nil
}

func (r *Reader) refuse(format string, args ...any) { r.fail(fmt.Errorf(format, args...)) }

// Take returns the next n bytes.
func (r *Reader) Take(n uint32) []byte {
	if uint64(n) > uint64(len(r.b)) {
		r.fail(errShort)
		return nil
	}
	b := r.b[:n:n]
	r.b = r.b[n:]
	return b
}

// Byte returns the next byte.
func (r *Reader) Byte() byte {
	if b := r.Take(1); len(b) == 1 {
		return b[0]
	}
	return 0
}

// U32 reads an unsigned LEB128 number.
func (r *Reader) U32() uint32 {
	v, n := uleb(r.b)
	if n <= 0 {
		r.fail(lebError(n))
		return 0
	}
	r.b = r.b[n:]
	return v
}

// signed skips a signed LEB128 number of the given width.
func (r *Reader) signed(bits int) {
	_, n := sleb(r.b, bits)
	if n <= 0 {
		r.fail(lebError(n))
		return
	}
	r.b = r.b[n:]
}

var errName = errors.New("a name is not UTF-8")

// Name reads a length and that many bytes of UTF-8.
func (r *Reader) Name() string { return string(r.name()) }

func (r *Reader) name() []byte {
	n := r.U32()
	if r.err == nil && n > MaxName {
		r.refuse("it has a name of %d bytes; at most %d are allowed", n, MaxName)
	}
	s := r.Take(n)
	if !utf8.Valid(s) {
		r.fail(errName)
		return nil
	}
	return s
}

var errCount = errors.New("it declares more items than its bytes can hold")

// count reads an item count of at most maxCount. Each item takes at least
// minSize bytes.
func (r *Reader) count(what string, minSize int, maxCount uint32) uint32 {
	n := r.U32()
	switch {
	case r.err != nil:
		return 0
	case uint64(n)*uint64(minSize) > uint64(len(r.b)):
		r.refuse("%w: %d %s in %d bytes", errCount, n, what, len(r.b))
		return 0
	case n > maxCount:
		r.refuse("it has %d %s; at most %d are allowed", n, what, maxCount)
		return 0
	}
	return n
}

// failAt fails with an error from another reader of the same bytes.
func (r *Reader) failAt(err error, at int) {
	r.fail(err)
	r.end = at
}

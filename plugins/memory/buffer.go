package memory

import (
	"errors"
	"fmt"

	"vega/plugins/ledger"
)

const (
	smallBuffer = 32 << 10 // bytes; up to this size a buffer is an ordinary slice
	bufferStep  = 64 << 10 // bytes; a larger buffer grows in steps of this size
	minBuffer   = 512
)

var (
	// ErrTooLarge reports that a body exceeds the limit of its buffer.
	ErrTooLarge = errors.New("too large")
	// ErrNoPages reports that no address space is left.
	ErrNoPages = errors.New("the system has no memory left to hold a response")
)

// Buffer holds the body of an answer. A large body lies in pages outside the
// garbage-collected heap. They are reserved for the maximum size and allocated
// when they are written to, so the buffer grows without being copied, and Free
// returns the pages immediately.
type Buffer struct {
	held  ledger.Holding
	limit int // bytes
	b     []byte
	pages []byte // the pages of a large buffer
}

// NewBuffer returns an empty buffer for a body of at most limit bytes. It
// counts its memory on the holder.
func NewBuffer(h ledger.Holder, limit int) Buffer {
	return Buffer{held: ledger.NewHolding(h), limit: limit}
}

// Bytes returns what was written. It is valid until Free.
func (b *Buffer) Bytes() []byte { return b.b }

// Held returns the number of bytes that the buffer counts.
func (b *Buffer) Held() int { return b.held.Bytes() }

// Room returns space for the next bytes, at least one. size is the expected
// length of the body. Commit adds what was written to the space.
func (b *Buffer) Room(size int) ([]byte, error) {
	if len(b.b) < cap(b.b) {
		return b.b[len(b.b):cap(b.b)], nil
	}
	size = max(minBuffer, min(size, smallBuffer), 2*cap(b.b))
	if err := b.grow(size); err != nil {
		return nil, err
	}
	return b.b[len(b.b):cap(b.b)], nil
}

// Commit adds the first n bytes of what Room returned.
func (b *Buffer) Commit(n int) { b.b = b.b[:len(b.b)+n] }

// Write adds a copy of p. If it fails, part of p may have been added.
func (b *Buffer) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0; {
		room, err := b.Room(len(rest))
		if err != nil {
			return len(p) - len(rest), err
		}
		n := copy(room, rest)
		b.Commit(n)
		rest = rest[n:]
	}
	return len(p), nil
}

func (b *Buffer) grow(size int) error {
	if b.pages != nil {
		return b.extend(min(cap(b.b)+bufferStep, len(b.pages)))
	}
	if size > smallBuffer {
		return b.toPages()
	}
	if err := b.held.Grow(size); err != nil {
		return err
	}
	small := cap(b.b)
	b.b = append(make([]byte, 0, size), b.b...)
	b.held.Shrink(small)
	return nil
}

// toPages moves the body to pages, where it grows in place.
func (b *Buffer) toPages() error {
	longest := b.limit + 1 // room to detect the end of the longest body
	size := min(cap(b.b)+bufferStep, longest)
	if !pagesAreLazy {
		size = longest
	}
	if err := b.held.Grow(size); err != nil {
		return err
	}
	pages := reserve(uint64(longest))
	if pages == nil {
		return ErrNoPages // releases what was counted
	}
	small := cap(b.b)
	b.b, b.pages = append(pages[:0:size], b.b...), pages
	b.held.Shrink(small)
	return nil
}

// extend makes more of the pages available.
func (b *Buffer) extend(size int) error {
	if size == cap(b.b) {
		return fmt.Errorf("%w: a body of more than %d bytes", ErrTooLarge, b.limit)
	}
	if err := b.held.Grow(size - cap(b.b)); err != nil {
		return err
	}
	b.b = b.pages[:len(b.b):size]
	return nil
}

// Free releases the memory. The buffer is empty afterwards.
func (b *Buffer) Free() {
	release(b.pages)
	b.pages, b.b = nil, nil
	b.held.Release()
}

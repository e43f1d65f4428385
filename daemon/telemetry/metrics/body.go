package metrics

import (
	"bufio"
	"io"
)

// chunkSize is the size of the parts of a body.
const chunkSize = 64 << 10

// body is an answer in memory. Its parts are not copied when it grows.
type body struct {
	parts [][]byte
	size  int
}

// Write appends. It returns no error.
func (b *body) Write(p []byte) (int, error) {
	n := len(p)
	b.size += n
	for len(p) > 0 {
		last := len(b.parts) - 1
		if last < 0 || len(b.parts[last]) == cap(b.parts[last]) {
			b.parts = append(b.parts, make([]byte, 0, chunkSize))
			last++
		}
		part := b.parts[last]
		fits := min(len(p), cap(part)-len(part))
		b.parts[last] = append(part, p[:fits]...)
		p = p[fits:]
	}
	return n, nil
}

// writeTo writes the body, and frees each part once it is written.
func (b *body) writeTo(w io.Writer) error {
	for n, part := range b.parts {
		if _, err := w.Write(part); err != nil {
			return err
		}
		b.parts[n] = nil
	}
	return nil
}

// newBuffered returns a writer that expfmt uses as it is: for another one, it takes a
// buffer of its own for each family.
func newBuffered(w io.Writer) *bufio.Writer { return bufio.NewWriterSize(w, chunkSize) }

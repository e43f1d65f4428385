package secret

import (
	"bytes"
	"io"
)

// holdFrom is the number of bytes from which a tail that may begin a secret
// is held back until more has come. A shorter one is let through, so that a
// prompt which happens to end with the first letters of a secret still
// reaches the guest; those few bytes are all that it can learn.
const holdFrom = 4

// stream hides secrets in bytes that come in pieces.
type stream struct {
	v     *Vault
	carry []byte // what may begin a secret
	done  int    // how much of carry has been let through already
}

// feed appends to out what can be let through once data has come; with flush
// that is everything.
func (s *stream) feed(out, data []byte, flush bool) []byte {
	s.carry = append(s.carry, data...)
	b := s.carry
	keep, begun := mayBegin(b, s.v.patterns)
	stop := len(b)
	if keep >= holdFrom && !flush || keep >= Least {
		stop -= keep
	}
	pos := s.done
	for at, p := range occurrences(b, s.v.patterns) {
		end := at + len(p.text)
		if at >= stop {
			break
		}
		if end <= pos {
			continue
		}
		if at > pos {
			out = append(out, b[pos:at]...)
			pos = at
		}
		// What went out of this secret before, as a short tail or under
		// another secret that overlaps it, keeps its place.
		if gone := pos - at; gone < len(p.of.placeholder) {
			out = append(out, p.of.placeholder[gone:]...)
		}
		pos = end
	}
	if pos < stop {
		out = append(out, b[pos:stop]...)
		pos = stop
	}
	cut := len(b) - keep
	if flush && keep >= Least { // most of a secret is a secret
		out = append(out, begun.beginning(pos-cut, keep)...)
		pos = len(b)
	}
	s.done = pos - cut
	s.carry = append(s.carry[:0], b[cut:]...)
	return out
}

// beginning is what stands for the bytes of a pattern from one place to
// another, while its end has not come.
func (p pattern) beginning(from, to int) string {
	mask := p.of.placeholder
	return mask[min(from, len(mask)):min(to, len(mask))]
}

// mayBegin is the length of the longest end of b that is the beginning, and
// not the whole, of a pattern, and which one.
func mayBegin(b []byte, patterns []pattern) (longest int, of pattern) {
	if len(b) == 0 {
		return 0, of
	}
	last := b[len(b)-1]
	for _, p := range patterns {
		for n := min(len(p.text)-1, len(b)); n > longest; n-- {
			if p.text[n-1] == last && bytes.HasSuffix(b, p.text[:n]) {
				longest, of = n, p
				break
			}
		}
	}
	return longest, of
}

// Reader hides secrets in what it reads from r, also where one is spread over
// several reads. It never waits for more than r has given unless what it has
// may be the beginning of a secret. An error of r, such as a deadline that has
// passed, lets through what was held back, as a placeholder's beginning if it
// is 8 bytes or more; the reader stays usable. Without secrets it is r itself.
func (v *Vault) Reader(r io.Reader) io.Reader {
	if v.Empty() {
		return r
	}
	return &Reader{r: r, stream: stream{v: v}}
}

// NewReader is Reader for callers that want to know what is pending, or that
// read from what keeps message boundaries.
func (v *Vault) NewReader(r io.Reader, packets bool) *Reader {
	return &Reader{r: r, stream: stream{v: v}, packets: packets}
}

// Reader is what Vault.Reader returns when there are secrets.
type Reader struct {
	r       io.Reader
	stream  stream
	packets bool // each read is a message: hold nothing back
	buf     []byte
	ready   []byte // let through, not yet read
	store   []byte // the array behind ready
	err     error
}

// Pending is how many bytes came from the underlying reader and were not read.
func (r *Reader) Pending() int {
	return len(r.ready) + len(r.stream.carry) - r.stream.done
}

// Read reads what may be let through.
func (r *Reader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for len(r.ready) == 0 {
		if err := r.err; err != nil {
			r.err = nil
			return 0, err
		}
		r.fill(len(p))
	}
	n := copy(p, r.ready)
	r.ready = r.ready[n:]
	return n, nil
}

const (
	maxRead   = 32 << 10
	maxPacket = 64 << 10
)

func (r *Reader) fill(want int) {
	size := min(want, maxRead)
	if r.packets {
		size = maxPacket
	}
	if len(r.buf) < size {
		r.buf = make([]byte, size)
	}
	n, err := r.r.Read(r.buf[:size])
	r.err = err
	r.store = r.stream.feed(r.store[:0], r.buf[:n], err != nil || r.packets)
	r.ready = r.store
}

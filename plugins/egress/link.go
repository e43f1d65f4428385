package egress

import (
	"fmt"
	"io"
	"net"
	"sync/atomic"
)

// Limits of what a far end sends.
const (
	// maxHandshake is more than ten times what a usual chain of certificates takes.
	maxHandshake = 64 << 10
	// spareBytes is for an answer's headers, for what HTTP/2 says of itself, and
	// for a body in pieces so small that their framing is larger than they are.
	spareBytes = 256 << 10
	// bytesPerByte is for a body in pieces of 16 bytes, each a frame and a TLS
	// record of its own, which take 31 bytes more.
	bytesPerByte = 4
	// spareHTTP2 is also for a full window that the reader has not come to yet.
	spareHTTP2 = spareBytes + bytesPerByte*windowMemory
	// usualWrites are those of one request over HTTP/2, which its price has in it.
	usualWrites = 8
)

// link is a connection below TLS and HTTP. It bounds what the far end may send,
// and charges for it, whatever the layers above make of it.
type link struct {
	net.Conn
	held     *holding
	greeting bool  // the handshake lasts
	greeted  int64 // bytes of the handshake
	spare    int64 // bytes that may come and are no part of the body; 0 is any number
	apart    bool  // HTTP/2 reads in a goroutine of its own, which has no account

	came, body  atomic.Int64 // bytes since the handshake, and those that the body's reader got
	wrote       atomic.Int64 // writes
	paid, asked int64        // of came and wrote, what was paid for
}

// Read reads what is there.
func (l *link) Read(p []byte) (int, error) {
	switch {
	case l.greeting:
		return l.readHandshake(p)
	case l.apart:
		return l.read(p)
	default:
		return arriving{l.held.of, readerFunc(l.read)}.Read(p)
	}
}

// readHandshake holds memory for what the bytes are parsed to before they are.
func (l *link) readHandshake(p []byte) (int, error) {
	if l.greeted == maxHandshake {
		return 0, fmt.Errorf("it is larger than %d KiB", maxHandshake>>10)
	}
	n, err := l.Conn.Read(p[:min(int64(len(p)), maxHandshake-l.greeted)])
	l.greeted += int64(n)
	if full := l.held.more(n * parsedMemory); full != nil {
		return 0, full
	}
	return n, err
}

func (l *link) read(p []byte) (int, error) {
	n, err := l.Conn.Read(p)
	if came := l.came.Add(int64(n)); l.spare > 0 && came > l.spare+bytesPerByte*l.body.Load() {
		return 0, fmt.Errorf("the server sent %d KiB that are no part of its answer", l.spare>>10)
	}
	return n, err
}

// Write writes, and counts the writes: some frames make HTTP/2 answer by itself.
func (l *link) Write(p []byte) (int, error) {
	l.wrote.Add(1)
	return l.Conn.Write(p)
}

// settle pays for what the goroutine of HTTP/2 has read and written.
func (l *link) settle() {
	if !l.apart {
		return
	}
	came, wrote := l.came.Load(), l.wrote.Load()
	l.held.of.Pay(Moved, int(came-l.paid))
	l.held.of.Pay(Written, int(max(wrote-max(l.asked, usualWrites), 0)))
	l.paid, l.asked = came, wrote
}

// delivered is a body whose bytes count as part of the answer.
type delivered struct {
	r    io.Reader
	link *link
}

func (d delivered) Read(p []byte) (int, error) {
	if d.link.apart {
		d.link.held.of.Leave()
		defer d.link.settle()
		defer d.link.held.of.Return()
	}
	n, err := d.r.Read(p)
	d.link.body.Add(int64(n))
	return n, err
}

type readerFunc func(p []byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

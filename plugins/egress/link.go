package egress

import (
	"fmt"
	"io"
	"net"
	"sync/atomic"
)

// Limits on what a peer sends.
const (
	// maxHandshake is more than ten times the size of a usual certificate
	// chain.
	maxHandshake = 64 << 10
	// spareBytes allows for response headers, HTTP/2 control frames, and a body
	// in pieces so small that their framing is larger than they are.
	spareBytes = 256 << 10
	// bytesPerByte allows for a body in pieces of 16 bytes, each with 31 bytes
	// of frame and TLS record.
	bytesPerByte = 4
	// spareHTTP2 also allows for a full window that has not been read yet.
	spareHTTP2 = spareBytes + bytesPerByte*windowMemory
	// usualWrites is the number of writes of one HTTP/2 request, which its
	// price includes.
	usualWrites = 8
)

// link is a connection below TLS and HTTP. It limits and charges for what the
// peer sends, regardless of what the layers above do with it.
type link struct {
	net.Conn
	held           *holding
	handshaking    bool  // a handshake is in progress
	handshakeBytes int64 // bytes of the handshake
	spare          int64 // limit on bytes that are not part of the body; 0 for none
	http1          bool  // HTTP/2 is not offered
	http2          bool  // nothing else is offered
	detached       bool  // HTTP/2 reads in a goroutine without an account
	first, silent  bool  // see readFirst

	came, body  atomic.Int64 // bytes since the handshake, and bytes that the body's reader received
	wrote       atomic.Int64 // number of writes
	paid, asked int64        // the part of came and wrote that has been charged
}

// Read reads the available data.
func (l *link) Read(p []byte) (int, error) {
	switch {
	case l.handshaking:
		return l.readHandshake(p)
	case l.first:
		return l.readFirst(p)
	case l.detached:
		return l.read(p)
	default:
		return arriving{l.held.of, readerFunc(l.read)}.Read(p)
	}
}

// readHandshake holds memory for the parsed form of the bytes before they are
// parsed.
func (l *link) readHandshake(p []byte) (int, error) {
	if l.handshakeBytes == maxHandshake {
		return 0, fmt.Errorf("the handshake is larger than %d KiB", maxHandshake>>10)
	}
	n, err := l.Conn.Read(p[:min(int64(len(p)), maxHandshake-l.handshakeBytes)])
	l.handshakeBytes += int64(n)
	if full := l.held.grow(n * parsedMemory); full != nil {
		return 0, full
	}
	return n, err
}

func (l *link) read(p []byte) (int, error) {
	n, err := l.Conn.Read(p)
	if came := l.came.Add(int64(n)); l.spare > 0 && came > l.spare+bytesPerByte*l.body.Load() {
		return 0, fmt.Errorf("the server sent %d KiB that are not part of its response", l.spare>>10)
	}
	return n, err
}

// Write writes, and counts the writes, because some frames make HTTP/2 respond
// on its own.
func (l *link) Write(p []byte) (int, error) {
	l.wrote.Add(1)
	return l.Conn.Write(p)
}

// protocols returns the protocols to offer in a TLS handshake.
func (l *link) protocols() []string {
	switch {
	case l.http2:
		return []string{"h2"}
	case l.http1:
		return []string{"http/1.1"}
	}
	return []string{"h2", "http/1.1"}
}

// settle charges for what the HTTP/2 goroutine has read and written.
func (l *link) settle() {
	if !l.detached {
		return
	}
	came, wrote := l.came.Load(), l.wrote.Load()
	l.held.of.Pay(Moved, int(came-l.paid))
	l.held.of.Pay(Written, int(max(wrote-max(l.asked, usualWrites), 0)))
	l.paid, l.asked = came, wrote
}

// delivered is a body whose bytes count as part of the response.
type delivered struct {
	r    io.Reader
	link *link
}

func (d delivered) Read(p []byte) (int, error) {
	if d.link.detached {
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

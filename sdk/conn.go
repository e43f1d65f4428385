package sdk

import (
	"errors"
	"io"

	"vega/sdk/abi"
)

// Conn is an open connection: an io.ReadWriteCloser that can also read lines
// and be upgraded to TLS.
type Conn struct {
	handle  int32
	pending []byte // read but not yet returned
}

var networks = [...]string{abi.NetTCP: "tcp", abi.NetTLS: "tls", abi.NetUDP: "udp", abi.NetUnix: "unix"}

// Dial connects to host:port over "tcp", "tls" or "udp", or over "unix" to the path of a
// stream socket in the file system. A tls connection is
// established even if the certificate is bad, so that it can be inspected: call
// TLS().Verify() before you trust the peer. The host sends no secret over an
// unverified connection.
func (r *Run) Dial(network, address string) (*Conn, error) {
	for i, n := range networks {
		if n != network {
			continue
		}
		handle := abi.Dial(int32(i), address)
		if handle < 0 {
			return nil, failure(handle)
		}
		return &Conn{handle: handle}, nil
	}
	return nil, &Error{Code: abi.ErrInvalid, Text: `the network must be "tcp", "tls", "udp" or "unix"`}
}

// Read reads available data, waiting for the first byte. It returns io.EOF at
// the end.
func (c *Conn) Read(b []byte) (int, error) {
	if len(c.pending) > 0 {
		n := copy(b, c.pending)
		c.pending = c.pending[n:]
		return n, nil
	}
	return read(c.handle, b)
}

// ReadWithin is like Read, but waits for no longer than wait, and at least for a
// millisecond: then it returns ErrTimeout, and the connection can still be used.
func (c *Conn) ReadWithin(wait Duration, b []byte) (int, error) {
	if len(c.pending) > 0 || len(b) == 0 {
		return c.Read(b)
	}
	n := abi.ReadWithin(c.handle, int64(wait), pointer(b), uint32(len(b)))
	switch {
	case n < 0:
		return 0, failure(n)
	case n == 0:
		return 0, io.EOF
	default:
		return int(n), nil
	}
}

// Write writes all of b. Over udp, b is one datagram, which may be empty. A secret needs secrets = "anywhere" in the grant, and must
// lie within one write.
func (c *Conn) Write(b []byte) (int, error) {
	done := 0
	for first := true; first || done < len(b); first = false {
		n := abi.Write(c.handle, pointer(b[done:]), uint32(len(b)-done))
		if n < 0 {
			return done, failure(n)
		}
		if n == 0 && len(b) > 0 {
			return done, io.ErrShortWrite
		}
		done += int(n)
	}
	return done, nil
}

// WriteString writes all of s.
func (c *Conn) WriteString(s string) error {
	_, err := c.Write([]byte(s))
	return err
}

// ReadLine reads up to a line feed, at most limit bytes, and returns the line
// without its line ending. The end of the stream within or before a line is
// ErrReset: the peer closed the connection early.
func (c *Conn) ReadLine(limit int) (string, error) {
	for from := 0; ; {
		for i := from; i < len(c.pending); i++ {
			if c.pending[i] == '\n' {
				line := c.pending[:i]
				c.pending = c.pending[i+1:]
				if n := len(line); n > 0 && line[n-1] == '\r' {
					line = line[:n-1]
				}
				return string(line), nil
			}
		}
		from = len(c.pending)
		if from >= limit {
			return "", &Error{Code: abi.ErrTooLarge, Text: "the peer sent a line that is too long"}
		}
		if err := c.fill(); err != nil {
			return "", err
		}
	}
}

func (c *Conn) fill() error {
	buf := make([]byte, 1024)
	n, err := read(c.handle, buf)
	c.pending = append(c.pending, buf[:n]...)
	if errors.Is(err, io.EOF) {
		return &Error{Code: abi.ErrReset, Text: "the peer closed the connection"}
	}
	return err
}

// StartTLS upgrades a tcp connection, as in STARTTLS, to a server of the given
// name. As with Dial, the result may be unverified. Unread data from the peer
// is ErrTLS: an attacker in the middle may have injected it.
func (c *Conn) StartTLS(name string) error {
	if len(c.pending) > 0 {
		return &Error{Code: abi.ErrTLS, Text: "the peer sent plain text ahead of the handshake"}
	}
	if n := abi.TLSStart(c.handle, name); n < 0 {
		return failure(n)
	}
	return nil
}

// TLS returns the facts about the TLS connection.
func (c *Conn) TLS() TLS { return TLS{c.handle} }

// Close closes the connection before the run ends.
func (c *Conn) Close() error {
	abi.Close(c.handle)
	return nil
}

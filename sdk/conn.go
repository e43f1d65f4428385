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
	pending []byte // read, but not yet handed out
}

var networks = [...]string{abi.NetTCP: "tcp", abi.NetTLS: "tls", abi.NetUDP: "udp"}

// Dial connects to host:port over "tcp", "tls" or "udp". A tls connection is
// made even where the certificate is bad, so that it can be looked at: ask
// TLS().Verify() before you trust the far end. The host puts no secret into a
// connection that is not verified.
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
	return nil, &Error{Code: abi.ErrInvalid, Text: `the network must be "tcp", "tls" or "udp"`}
}

// Read reads what is there, waiting for the first byte; io.EOF at the end.
func (c *Conn) Read(b []byte) (int, error) {
	if len(c.pending) > 0 {
		n := copy(b, c.pending)
		c.pending = c.pending[n:]
		return n, nil
	}
	return read(c.handle, b)
}

// Write writes all of b. A secret must lie within one write.
func (c *Conn) Write(b []byte) (int, error) {
	done := 0
	for done < len(b) {
		n := abi.Write(c.handle, pointer(b[done:]), uint32(len(b)-done))
		if n < 0 {
			return done, failure(n)
		}
		if n == 0 {
			return done, io.ErrShortWrite
		}
		done += int(n)
	}
	return done, nil
}

// WriteString is Write for text.
func (c *Conn) WriteString(s string) error {
	_, err := c.Write([]byte(s))
	return err
}

// ReadLine reads up to a line feed, of at most limit bytes, and returns the
// line without its ending. The end of the stream within a line, or before one,
// is ErrReset: the peer went away in the middle of what it had to say.
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

// StartTLS upgrades a tcp connection, as STARTTLS protocols do, for a server of
// that name. As with Dial, the result may be unverified. A peer that has sent
// more than was read is ErrTLS: somebody between may have put that there.
func (c *Conn) StartTLS(name string) error {
	if len(c.pending) > 0 {
		return &Error{Code: abi.ErrTLS, Text: "the peer sent plain text ahead of the handshake"}
	}
	if n := abi.TLSStart(c.handle, name); n < 0 {
		return failure(n)
	}
	return nil
}

// TLS tells about the TLS connection.
func (c *Conn) TLS() TLS { return TLS{c.handle} }

// Close closes the connection before the run ends.
func (c *Conn) Close() error {
	abi.Close(c.handle)
	return nil
}

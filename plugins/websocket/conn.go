package websocket

import (
	"bufio"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// The opcodes of frames that are not the first of a message.
const (
	continuation = 0
	closing      = 8
	ping         = 9
	pong         = 10
)

const (
	final     = 0x80 // in the first byte: the last frame of a message
	reserved  = 0x70 // in the first byte: for extensions
	opcode    = 0x0f
	masked    = 0x80 // in the second byte
	shortSize = 0x7f

	size16, size64 = 126, 127 // in the second byte: the size follows in 2 or 8 bytes

	maxControl = 125 // bytes of a control frame
	// maxIdle is the number of control frames and empty fragments that a server may send
	// on a connection. Each costs work, and the client waits for none.
	maxIdle = 1000
	// chunk is how much of a message is read, or masked and written, at a time.
	chunk = 16 << 10
)

// Holder counts memory before it is allocated.
type Holder interface {
	Hold(bytes int) error
	Release(bytes int)
	// Pause is called between pieces of a long message, so that others get a turn. An
	// error ends the call.
	Pause() error
}

// Conn is the client's end of an open WebSocket. It is not safe for concurrent use.
type Conn struct {
	in     *bufio.Reader
	out    io.Writer
	holder Holder
	limit  int // maximum size of a message

	message []byte // the last, whose capacity is held
	idle    int    // see maxIdle
	err     error  // why nothing more can be received
	closed  bool   // a close frame was sent
}

// New returns a WebSocket over a connection on which the upgrade was answered. in may
// have read more than the answer. Messages from the server have at most limit bytes.
func New(in *bufio.Reader, out io.Writer, holder Holder, limit int) *Conn {
	return &Conn{in: in, out: out, holder: holder, limit: limit}
}

// frame is the head of a frame.
type frame struct {
	code  byte
	final bool
	size  uint64
}

// Receive waits for the next message. The message is valid until the next call. After
// an error, every call returns it again: a *CloseError, a ProtocolError, ErrTooLarge, an
// error of Holder or of the connection. The end of the connection without a close frame
// is io.ErrUnexpectedEOF.
func (c *Conn) Receive() (kind int, message []byte, err error) {
	if c.err != nil {
		return 0, nil, c.err
	}
	kind, err = c.receive()
	if err == nil && kind == Text && !utf8.Valid(c.message) {
		err = ProtocolError("it sent a text message that is not valid UTF-8")
	}
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		c.fail(err)
		return 0, nil, err
	}
	return kind, c.message, nil
}

// receive reads frames until a message is complete.
func (c *Conn) receive() (kind int, err error) {
	c.message = c.message[:0]
	for {
		f, err := c.head()
		if err != nil {
			return 0, err
		}
		switch f.code {
		case closing, ping, pong:
			if err := c.control(f); err != nil {
				return 0, err
			}
			continue
		case continuation:
			if kind == 0 {
				return 0, ProtocolError("it sent the continuation of a message that has not begun")
			}
		case Text, Binary:
			if kind != 0 {
				return 0, ProtocolError("it began a message within another one")
			}
			kind = int(f.code)
		default:
			return 0, ProtocolError(fmt.Sprintf("it sent a frame with the unknown opcode %d", f.code))
		}
		if err := c.payload(f); err != nil {
			return 0, err
		}
		if f.final {
			return kind, nil
		}
	}
}

// head reads the head of a frame.
func (c *Conn) head() (frame, error) {
	var b [8]byte
	if _, err := io.ReadFull(c.in, b[:2]); err != nil {
		return frame{}, err
	}
	f := frame{code: b[0] & opcode, final: b[0]&final != 0, size: uint64(b[1] & shortSize)}
	switch {
	case b[0]&reserved != 0:
		return f, ProtocolError("it set a reserved bit of a frame, although no extension was offered")
	case b[1]&masked != 0:
		return f, ProtocolError("it sent a masked frame, which only a client may send")
	case f.code >= closing && !f.final:
		return f, ProtocolError("it sent a control frame in fragments")
	case f.code >= closing && f.size > maxControl:
		return f, ProtocolError("it sent a control frame of more than 125 bytes")
	}
	more := map[uint64]int{size16: 2, size64: 8}[f.size]
	if more == 0 {
		return f, nil
	}
	if _, err := io.ReadFull(c.in, b[:more]); err != nil {
		return f, err
	}
	if f.size = uint64(binary.BigEndian.Uint16(b[:])); more == 8 {
		f.size = binary.BigEndian.Uint64(b[:])
	}
	if f.size>>63 != 0 {
		return f, ProtocolError("it sent a frame whose size is negative")
	}
	return f, nil
}

// payload appends the payload of a frame to the message.
func (c *Conn) payload(f frame) error {
	if f.size > uint64(c.limit-len(c.message)) {
		return ErrTooLarge
	}
	if f.size == 0 && !f.final {
		return c.idles()
	}
	if err := c.grow(len(c.message) + int(f.size)); err != nil {
		return err
	}
	for left := int(f.size); left > 0; {
		n := min(left, chunk)
		from := len(c.message)
		c.message = c.message[:from+n]
		if _, err := io.ReadFull(c.in, c.message[from:]); err != nil {
			return err
		}
		if err := c.holder.Pause(); err != nil {
			return err
		}
		left -= n
	}
	return nil
}

// grow makes room for a message of a size. Small fragments double the room, so that they
// are not copied again and again.
func (c *Conn) grow(size int) error {
	if size <= cap(c.message) {
		return nil
	}
	room := min(max(size, 2*cap(c.message), 512), c.limit)
	if cap(c.message) == 0 {
		room = size // most messages are one frame
	}
	if err := c.holder.Hold(room); err != nil {
		return err
	}
	old := cap(c.message)
	c.message = append(make([]byte, 0, room), c.message...)
	c.holder.Release(old + room - cap(c.message))
	return nil
}

// control handles a control frame.
func (c *Conn) control(f frame) error {
	if err := c.idles(); err != nil {
		return err
	}
	payload := make([]byte, f.size)
	if _, err := io.ReadFull(c.in, payload); err != nil {
		return err
	}
	switch f.code {
	case ping:
		return c.write(pong, payload)
	case closing:
		return c.closedBy(payload)
	default:
		return nil
	}
}

// idles counts a control frame or an empty fragment.
func (c *Conn) idles() error {
	if c.idle++; c.idle > maxIdle {
		return ProtocolError(fmt.Sprintf("it sent more than %d control frames and empty fragments", maxIdle))
	}
	if c.idle%64 == 0 {
		return c.holder.Pause()
	}
	return nil
}

// closedBy answers the close frame of the server, and returns what it says.
func (c *Conn) closedBy(payload []byte) error {
	e := &CloseError{}
	switch {
	case len(payload) == 1:
		return ProtocolError("it sent a close frame with half a code")
	case len(payload) >= 2:
		e.Code, e.Reason = int(binary.BigEndian.Uint16(payload)), string(payload[2:])
	}
	if e.Code != 0 && !sendable(e.Code) {
		return ProtocolError(fmt.Sprintf("it closed the WebSocket with the code %d, which no server may send", e.Code))
	}
	if !utf8.ValidString(e.Reason) {
		return ProtocolError("it closed the WebSocket with a reason that is not valid UTF-8")
	}
	_ = c.shut(payload[:min(2, len(payload))]) // the server may be gone already
	return e
}

// sendable reports whether a close frame may have a code.
func sendable(code int) bool {
	return code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006 || code >= 3000 && code < 5000
}

// fail makes err the result of everything that follows, and says goodbye with the code
// that belongs to it.
func (c *Conn) fail(err error) {
	c.err = err
	c.release()
	code := 0
	if _, ok := errors.AsType[ProtocolError](err); ok {
		code = 1002
	}
	if errors.Is(err, ErrTooLarge) {
		code = 1009
	}
	if code != 0 {
		_ = c.shut(binary.BigEndian.AppendUint16(nil, uint16(code))) // err is the one to report
	}
}

// release lets go of the last message.
func (c *Conn) release() {
	c.holder.Release(cap(c.message))
	c.message = nil
}

// Send sends a message in one frame.
func (c *Conn) Send(kind int, message []byte) error {
	if c.err != nil {
		return c.err
	}
	return c.write(byte(kind), message)
}

// write masks a frame and writes it. The caller's bytes stay as they are.
func (c *Conn) write(code byte, payload []byte) error {
	size, key := len(payload), [4]byte{}
	_, _ = rand.Read(key[:]) // never fails
	b := make([]byte, 0, 14+min(size, chunk))
	switch b = append(b, final|code); {
	case size < size16:
		b = append(b, masked|byte(size))
	case size < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, masked|size16), uint16(size))
	default:
		b = binary.BigEndian.AppendUint64(append(b, masked|size64), uint64(size))
	}
	b = append(b, key[:]...)
	for at := 0; ; {
		n := min(size-at, chunk)
		from := len(b)
		b = append(b, payload[at:at+n]...)
		for i := range b[from:] {
			b[from+i] ^= key[(at+i)&3]
		}
		if _, err := c.out.Write(b); err != nil {
			return err
		}
		if at += n; at == size {
			return nil
		}
		b = b[:0]
	}
}

// shut sends a close frame, once.
func (c *Conn) shut(payload []byte) error {
	if c.closed {
		return nil
	}
	c.closed = true
	return c.write(closing, payload)
}

// Close sends a close frame with the code of a normal closure, unless the WebSocket is
// closed or broken, and waits for that of the server, in which it skips at most skip
// bytes. It does not close the connection, whose deadline bounds it.
func (c *Conn) Close(skip int64) {
	defer c.release()
	if c.err != nil || c.shut([]byte{0x03, 0xe8}) != nil { // 1000
		return
	}
	c.err = io.ErrClosedPipe
	for range maxIdle {
		f, err := c.head()
		if err != nil || f.code == closing || f.size > uint64(skip) {
			return
		}
		if _, err := c.in.Discard(int(f.size)); err != nil {
			return
		}
		skip -= int64(f.size)
	}
}

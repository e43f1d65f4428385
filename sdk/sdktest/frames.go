//go:build !wasip1

package sdktest

import (
	"encoding/binary"
	"io"
	"strconv"

	"vega/sdk/abi"
)

// maxReceived is the maximum size of a message, as in the sandbox.
const maxReceived = 1 << 20

// frames reads and writes the messages of a WebSocket, RFC 6455. It trusts the server of
// a test to keep to the protocol.
type frames struct {
	conn   io.ReadWriteCloser
	code   int // with which the server closed
	reason string
}

// The opcodes other than those of abi.MessageText and abi.MessageBinary.
const (
	opContinue = 0
	opClose    = 8
	opPing     = 9
	opPong     = 10
)

// write sends one frame. Its mask is zero, which changes nothing.
func (f *frames) write(op byte, data []byte) error {
	head := []byte{0x80 | op, 0x80}
	switch n := len(data); {
	case n < 126:
		head[1] |= byte(n)
	case n < 1<<16:
		head[1] |= 126
		head = binary.BigEndian.AppendUint16(head, uint16(n))
	default:
		head[1] |= 127
		head = binary.BigEndian.AppendUint64(head, uint64(n))
	}
	_, err := f.conn.Write(append(append(head, 0, 0, 0, 0), data...))
	return err
}

// read returns the next message.
func (f *frames) read() (kind int32, message []byte, err error) {
	for {
		final, op, data, err := f.frame(maxReceived - len(message))
		if err != nil {
			return 0, nil, err
		}
		switch op {
		case opClose:
			return 0, nil, f.closes(data)
		case opPing:
			if err := f.write(opPong, data); err != nil {
				return 0, nil, err
			}
			continue
		case opPong:
			continue
		case opContinue:
		default:
			kind = int32(op)
		}
		if message = append(message, data...); final {
			return kind, message, nil
		}
	}
}

func (f *frames) frame(limit int) (final bool, op byte, data []byte, err error) {
	head := make([]byte, 2)
	if _, err := io.ReadFull(f.conn, head); err != nil {
		return false, 0, nil, err
	}
	size := uint64(head[1])
	if bytes := map[uint64]int{126: 2, 127: 8}[size]; bytes > 0 {
		long := make([]byte, 8)
		if _, err := io.ReadFull(f.conn, long[8-bytes:]); err != nil {
			return false, 0, nil, err
		}
		size = binary.BigEndian.Uint64(long)
	}
	if size > uint64(limit) {
		return false, 0, nil, newErrno(abi.ErrTooLarge, "a message is larger than 1 MiB")
	}
	data = make([]byte, size)
	_, err = io.ReadFull(f.conn, data)
	return head[0]&0x80 != 0, head[0] & 15, data, err
}

// closes answers the server's close frame.
func (f *frames) closes(data []byte) error {
	if len(data) >= 2 {
		f.code, f.reason = int(binary.BigEndian.Uint16(data)), string(data[2:])
	}
	_ = f.write(opClose, data[:min(len(data), 2)]) // the server may be gone
	return newErrno(abi.ErrReset, "it closed the WebSocket with code "+strconv.Itoa(f.code))
}

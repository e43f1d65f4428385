package egress

import "io"

const maxPacket = 64 << 10

// packets reads datagrams. If a datagram is longer than the buffer, the next
// Read returns the rest.
type packets struct {
	r    io.Reader // returns one datagram per Read
	room []byte
	rest []byte // of the last datagram
}

// Read returns the rest of a datagram, or the next one.
func (p *packets) Read(b []byte) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	if len(p.rest) == 0 {
		if p.room == nil {
			p.room = make([]byte, maxPacket)
		}
		n, err := p.r.Read(p.room)
		if n == 0 {
			return 0, err
		}
		p.rest = p.room[:n]
	}
	n := copy(b, p.rest)
	p.rest = p.rest[n:]
	return n, nil
}

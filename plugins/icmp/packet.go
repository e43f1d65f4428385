package icmp

import (
	"bytes"
	"encoding/binary"
)

// The types of the messages, and the size of their header.
const (
	echoRequest  = 8
	echoReply    = 0
	echoRequest6 = 128
	echoReply6   = 129

	headerSize = 8
	tokenSize  = 16 // the random bytes of a request, if its payload has as many
)

// newPacket returns a message with a payload of size bytes, a pattern as ping(8) sends.
func newPacket(v6 bool, id uint16, size int) []byte {
	p := make([]byte, headerSize+size)
	p[0] = echoRequest
	if v6 {
		p[0] = echoRequest6
	}
	binary.BigEndian.PutUint16(p[4:], id)
	for i := range p[headerSize:] {
		p[headerSize+i] = byte(i)
	}
	return p
}

// number sets the sequence number and the token of a request. The kernel computes the
// checksum of ICMPv6, which is over its pseudo header.
func number(p []byte, seq uint16, token []byte) {
	binary.BigEndian.PutUint16(p[6:], seq)
	copy(p[headerSize:], token)
	if p[0] == echoRequest {
		p[2], p[3] = 0, 0
		binary.BigEndian.PutUint16(p[2:], checksum(p))
	}
}

// sequence returns the sequence number in a message, or of the request that an ICMP
// error quotes.
func sequence(p []byte) (uint16, bool) {
	if len(p) < headerSize {
		return 0, false
	}
	return binary.BigEndian.Uint16(p[6:]), true
}

// repeats reports whether a reply repeats the token of a request with size bytes of
// payload. Some hosts answer with fewer bytes than they were sent.
func repeats(reply, token []byte, size int) bool {
	return bytes.HasPrefix(reply[headerSize:], token[:min(size, tokenSize)])
}

// checksum returns the internet checksum (RFC 1071), which is 0 for a message that
// includes a correct one.
func checksum(p []byte) uint16 {
	sum := uint32(0)
	for ; len(p) >= 2; p = p[2:] {
		sum += uint32(p[0])<<8 | uint32(p[1])
	}
	if len(p) == 1 {
		sum += uint32(p[0]) << 8
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}

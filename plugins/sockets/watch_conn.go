package sockets

import (
	"bytes"
	"encoding/binary"
	"net"
	"os"
	"strings"
	"sync"
	"time"
)

// watched is a connection for one query.
type watched struct {
	net.Conn
	watch  *Watch
	query  *query
	stream bool
	resend bool

	plain []byte // a datagram's query without EDNS, until it is sent
	came  []byte // of a stream
	mu    sync.Mutex
	again *time.Timer
}

// watchedPackets is a watched datagram socket: DNS libraries recognize one by
// its methods.
type watchedPackets struct {
	*watched
	packets net.PacketConn
}

// ReadFrom implements net.PacketConn.
func (c *watchedPackets) ReadFrom(p []byte) (int, net.Addr, error) { return c.packets.ReadFrom(p) }

// WriteTo implements net.PacketConn.
func (c *watchedPackets) WriteTo(p []byte, to net.Addr) (int, error) { return c.packets.WriteTo(p, to) }

// Write sends a query.
func (c *watched) Write(p []byte) (int, error) {
	message := p
	if c.stream {
		message = p[min(len(p), 2):] // without its length
	}
	c.watch.wrote(c.query, message)
	n, err := c.Conn.Write(p)
	if err != nil {
		c.watch.failed(c.query, err)
	} else if c.resend {
		c.plain = withoutEDNS(p)
		c.sendAgain(bytes.Clone(p), patient)
	}
	return n, err
}

// maxSent is how many copies of a datagram are sent, because one may be lost.
const maxSent = 3

// sendAgain sends another copy after a while, and then after twice that time.
func (c *watched) sendAgain(message []byte, after time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.again = time.AfterFunc(after, func() {
		if c.watch.answered(c.query) {
			return
		}
		if _, err := c.Conn.Write(message); err != nil {
			return // reading reports it
		}
		c.watch.wrote(c.query, message)
		if after < patient<<(maxSent-2) {
			c.sendAgain(message, 2*after)
		}
	})
}

// SetDeadline implements net.Conn. Package net would wait for a silent server
// until the end of a short lookup, and never ask the next one.
func (c *watched) SetDeadline(t time.Time) error {
	if c.resend && c.watch.dialer.Server == "" {
		t = share(time.Now(), t, c.watch.ends, nameservers)
	}
	return c.Conn.SetDeadline(t)
}

// share returns how long to wait for one of several servers: until t, and for no
// more than half of the time that is left.
func share(now, t, ends time.Time, servers func() int) time.Time {
	half := now.Add(ends.Sub(now) / 2)
	if ends.IsZero() || !t.After(half) || servers() < 2 {
		return t
	}
	return half
}

// nameservers returns the number of DNS servers that the system is configured
// with, or 0.
func nameservers() (n int) {
	text, err := os.ReadFile("/etc/resolv.conf")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if fields := strings.Fields(line); len(fields) > 1 && fields[0] == "nameserver" {
			n++
		}
	}
	return n
}

// edns is the beginning of an OPT record: the root's name, and the type.
var edns = []byte{0, 0, 41}

// withoutEDNS returns a query as package net writes it without the OPT record at
// its end, or nil if there isn't one.
func withoutEDNS(query []byte) []byte {
	const size = 11 // of a record without options
	at := len(query) - size
	if at < headerSize || binary.BigEndian.Uint16(query[10:]) != 1 || !bytes.HasPrefix(query[at:], edns) {
		return nil
	}
	plain := bytes.Clone(query[:at])
	binary.BigEndian.PutUint16(plain[10:], 0)
	return plain
}

// lacksEDNS reports whether a reply may mean that the server does not know EDNS
// (RFC 6891, section 7), which package net does not look at.
func lacksEDNS(reply []byte) bool {
	const formErr, notImp = 1, 4
	return len(reply) >= headerSize && reply[2]&0x80 != 0 && (reply[3]&0xf == formErr || reply[3]&0xf == notImp)
}

// Read receives a reply. A server that may not know EDNS is asked without.
func (c *watched) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if c.plain != nil && n >= 2 && lacksEDNS(p[:n]) && bytes.Equal(p[:2], c.plain[:2]) {
		if _, err := c.Conn.Write(c.plain); err == nil {
			c.plain = nil
			return c.Read(p)
		}
	}
	switch {
	case n > 0 && c.stream:
		c.came = append(c.came, p[:min(n, max(0, 2+512-len(c.came)))]...)
		if len(c.came) >= 2+headerSize {
			c.watch.arrived(c.query, c.came[2:])
		}
	case n > 0:
		c.watch.arrived(c.query, p[:n])
	case err != nil:
		c.watch.failed(c.query, err)
	}
	return n, err
}

// Close closes the connection.
func (c *watched) Close() error {
	c.mu.Lock()
	if c.again != nil {
		c.again.Stop()
	}
	c.mu.Unlock()
	return c.Conn.Close()
}

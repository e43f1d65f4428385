package sockets

import (
	"net"
	"sync"
)

// place is a socket's place in an allowance.
type place struct {
	of    *Allowance
	brief bool
	once  sync.Once
}

func (p *place) leave() { p.once.Do(func() { p.of.give(p.brief) }) }

// The wrappers keep the methods of each kind of connection: DNS libraries
// distinguish datagrams from streams by them.
type (
	tcpConn struct {
		*net.TCPConn
		place *place
	}
	udpConn struct {
		*net.UDPConn
		place *place
	}
	otherConn struct {
		net.Conn
		place *place
	}
)

// counted releases the connection's place when the connection is closed.
func counted(c net.Conn, a *Allowance, brief bool) net.Conn {
	if a == nil {
		return c
	}
	p := &place{of: a, brief: brief}
	switch c := c.(type) {
	case *net.TCPConn:
		return tcpConn{c, p}
	case *net.UDPConn:
		return udpConn{c, p}
	default:
		return otherConn{c, p}
	}
}

// Close closes the connection.
func (c tcpConn) Close() error {
	defer c.place.leave()
	return c.TCPConn.Close()
}

// Close closes the connection.
func (c udpConn) Close() error {
	defer c.place.leave()
	return c.UDPConn.Close()
}

// Close closes the connection.
func (c otherConn) Close() error {
	defer c.place.leave()
	return c.Conn.Close()
}

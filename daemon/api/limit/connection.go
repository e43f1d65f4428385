package limit

import (
	"container/list"
	"crypto/tls"
	"net"
	"net/netip"
)

// connection is a connection that the limiter accepted.
type connection struct {
	*net.TCPConn
	limiter   *Limiter
	from      netip.Addr // see clientAddress
	proxy     bool       // from a trusted proxy
	spare     bool
	unused    bool // no complete request has arrived so far
	closed    bool
	httpIdle  bool          // net/http has reported the connection as idle
	requests  int           // in flight; HTTP/2 allows several
	idleSince uint64        // Limiter.idleClock when it became idle
	idleList  *list.List    // the list that contains it, nil while it is busy
	element   *list.Element // in idleList
}

// Close closes the connection and frees its place.
func (c *connection) Close() error {
	c.limiter.mu.Lock()
	c.limiter.remove(c)
	c.limiter.mu.Unlock()
	return c.TCPConn.Close()
}

// connectionOf returns the connection behind c, a net.Conn from net/http. It
// returns nil if the limiter did not accept c.
func connectionOf(conn net.Conn) *connection {
	if secured, ok := conn.(*tls.Conn); ok {
		conn = secured.NetConn()
	}
	c, _ := conn.(*connection)
	return c
}

// add counts a new connection, which is idle.
func (m *Limiter) add(c *connection) {
	if c.spare {
		m.spare++
	} else {
		m.served++
	}
	if !c.proxy {
		m.clientOf(c.from).connections++ // markIdle ranks the client
	}
	c.unused = true
	m.unused++
	m.markIdle(c)
}

// markUsed notes that a complete request arrived on a connection.
func (m *Limiter) markUsed(c *connection) {
	if c.unused {
		c.unused = false
		m.unused--
	}
}

// remove forgets a connection. Removing it again does nothing.
func (m *Limiter) remove(c *connection) {
	if c.closed {
		return
	}
	c.closed = true
	c.markBusy()
	m.markUsed(c)
	if c.spare {
		m.spare--
	} else {
		m.served--
	}
	if !c.proxy {
		m.clientOf(c.from).connections--
		m.rank(c.from)
	}
	m.forget(c.from)
	m.wake()
}

// markIdle appends a connection to the appropriate list of idle connections.
func (m *Limiter) markIdle(c *connection) {
	if c.closed || c.requests > 0 || c.idleList != nil {
		return
	}
	switch {
	case c.spare:
		c.idleList = &m.idleSpare
	case c.proxy:
		c.idleList = &m.idleProxies
	default:
		c.idleList = &m.clientOf(c.from).idle
	}
	m.idleClock++
	c.idleSince = m.idleClock
	c.element = c.idleList.PushBack(c)
	m.rank(c.from)
}

// markBusy removes a connection from its list of idle connections.
func (c *connection) markBusy() {
	if c.idleList == nil {
		return
	}
	c.idleList.Remove(c.element)
	c.idleList, c.element = nil, nil
	c.limiter.rank(c.from)
}

package limit

import (
	"container/list"
	"log/slog"
	"net"
	"net/netip"
	"sync"

	"vega/plugins/shortage"
)

// Limits bounds what clients may have open.
type Limits struct {
	Connections int // in total
	PerClient   int // per client; also limits its requests in flight
	// Spare limits the extra connections that are accepted when all others have
	// requests in flight. Their requests are answered with 503 unless a regular
	// place has become free.
	Spare   int
	Trusted []netip.Prefix // proxies whose forwarding headers count
}

// Limiter is a listener that enforces Limits. A connection without a request in
// flight is idle, even while a request is arriving. To accept a new connection
// when there are too many, the limiter closes an idle one: of the client with the
// most connections, the one that has been idle longest. It never closes a
// connection with a request in flight.
type Limiter struct {
	net.Listener
	rejections *rejectionLog

	mu          sync.Mutex // guards the fields below, and what they contain
	limits      Limits
	clients     map[netip.Addr]*client
	served      int       // number of connections, without the spare ones
	spare       int       // number of spare connections
	idleClients ranking   // the clients with idle connections
	idleClock   uint64    // counts how often a connection became idle
	idleProxies list.List // of *connection from trusted proxies, longest idle first
	idleSpare   list.List // of spare *connection, longest idle first
	requests    map[*Request]struct{}
	anonymous   int // number of requests in flight without a key
	unused      int // number of connections without a complete request so far
	waiters     []waiter
}

// client is an address that connections or requests come from.
type client struct {
	connections int
	idle        list.List // of *connection, longest idle first
	idleSince   uint64    // value of idleClock when the first idle connection became idle
	rank        int       // index in Limiter.idleClients plus 1, or 0
	requests    int
	anonymous   int
}

// New returns a listener that accepts connections from l within the limits. It logs
// rejections.
func New(l net.Listener, limits Limits, log *slog.Logger) *Limiter {
	return &Limiter{
		Listener: l, limits: limits, rejections: newRejectionLog(log),
		clients: map[netip.Addr]*client{}, requests: map[*Request]struct{}{},
	}
}

// Set changes the limits. Connections over the new limits are closed as new ones
// arrive.
func (m *Limiter) Set(l Limits) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.limits = l
}

// Accept returns the next connection that the limits allow.
func (m *Limiter) Accept() (net.Conn, error) {
	for {
		c, err := m.Listener.Accept()
		if shortage.Of(err) != nil {
			m.freeDescriptor()
		}
		if err != nil {
			return nil, err
		}
		tcp, ok := c.(*net.TCPConn)
		if !ok { // only a test's listener returns other types
			return c, nil
		}
		accepted, evicted := m.accept(tcp)
		for _, e := range evicted {
			_ = e.TCPConn.Close() // an idle connection loses nothing
		}
		if accepted != nil {
			return accepted, nil
		}
		_ = c.Close()
	}
}

// freeDescriptor closes an idle connection, because this process has no file
// descriptor left to accept another one.
func (m *Limiter) freeDescriptor() {
	m.mu.Lock()
	c := m.evictable()
	if c != nil {
		m.remove(c)
	}
	m.rejections.count(m, func(r *rejections) { r.unaccepted++ })
	m.mu.Unlock()
	if c != nil {
		_ = c.TCPConn.Close()
	}
}

// accept finds a place for a connection, or returns nil if there isn't one. It also
// returns the idle connections to close for it.
func (m *Limiter) accept(tcp *net.TCPConn) (c *connection, evicted []*connection) {
	address := addressOf(tcp.RemoteAddr())
	m.mu.Lock()
	defer m.mu.Unlock()
	c = &connection{TCPConn: tcp, limiter: m, from: clientAddress(address), proxy: trusts(m.limits.Trusted, address)}
	var fits bool
	if evicted, fits = m.makePlace(c); !fits {
		c.spare = true
		if m.spare >= m.limits.Spare {
			first := m.idleSpare.Front()
			if first == nil {
				m.rejections.count(m, func(r *rejections) { r.closed++ })
				m.forget(c.from)
				return nil, evicted
			}
			evicted = append(evicted, m.evict(first.Value.(*connection)))
		}
	}
	m.add(c)
	return c, evicted
}

// makePlace evicts idle connections until there is a place for c. If c's client
// has too many connections, its own are evicted first. It reports whether there is
// a place now.
func (m *Limiter) makePlace(c *connection) (evicted []*connection, fits bool) {
	own := m.clientOf(c.from)
	for !c.proxy && own.connections >= max(1, m.limits.PerClient) {
		o := own.longestIdle()
		if o == nil {
			return evicted, false
		}
		evicted = append(evicted, m.evict(o))
	}
	for m.served >= max(1, m.limits.Connections) {
		o := m.evictableFor(c)
		if o == nil {
			return evicted, false
		}
		evicted = append(evicted, m.evict(o))
	}
	return evicted, true
}

// evict counts and removes an idle connection.
func (m *Limiter) evict(c *connection) *connection {
	m.rejections.count(m, func(r *rejections) { r.idle++ })
	m.remove(c)
	return c
}

func (m *Limiter) clientOf(address netip.Addr) *client {
	c := m.clients[address]
	if c == nil {
		c = &client{}
		m.clients[address] = c
	}
	return c
}

// Streams returns how many requests a client can have in flight on one HTTP/2
// connection without a rejection, with or without a key.
func (l Limits) Streams() int { return half(l.PerClient) }

// forget drops a client that has neither connections nor requests.
func (m *Limiter) forget(address netip.Addr) {
	if c := m.clients[address]; c != nil && c.connections == 0 && c.requests == 0 {
		delete(m.clients, address)
	}
}

package limit

import (
	"container/heap"
	"net/netip"
)

// ranking is a heap of the clients with idle connections, in the order in which
// they lose one: first the client with the most connections, and among equals the
// one with the longest idle connection.
type ranking []*client

// Len returns the number of clients.
func (r ranking) Len() int { return len(r) }

// Less reports whether client i loses a connection before client j.
func (r ranking) Less(i, j int) bool {
	if r[i].connections != r[j].connections {
		return r[i].connections > r[j].connections
	}
	return r[i].idleSince < r[j].idleSince
}

// Swap swaps two clients.
func (r ranking) Swap(i, j int) {
	r[i], r[j] = r[j], r[i]
	r[i].rank, r[j].rank = i+1, j+1
}

// Push adds a client at the end.
func (r *ranking) Push(c any) {
	own := c.(*client)
	*r = append(*r, own)
	own.rank = len(*r)
}

// Pop removes the client at the end.
func (r *ranking) Pop() any {
	last := len(*r) - 1
	own := (*r)[last]
	own.rank = 0
	(*r)[last] = nil
	*r = (*r)[:last]
	return own
}

// first returns the client that loses a connection first, or nil.
func (r ranking) first() *client {
	if len(r) == 0 {
		return nil
	}
	return r[0]
}

// rank updates a client's place in the ranking after its connections changed.
func (m *Limiter) rank(address netip.Addr) {
	own := m.clients[address]
	if own == nil {
		return
	}
	front := own.idle.Front()
	if front != nil {
		own.idleSince = front.Value.(*connection).idleSince
	}
	switch {
	case front == nil && own.rank > 0:
		heap.Remove(&m.idleClients, own.rank-1)
	case front != nil && own.rank == 0:
		heap.Push(&m.idleClients, own)
	case front != nil:
		heap.Fix(&m.idleClients, own.rank-1)
	}
}

// longestIdle returns the client's connection that has been idle longest, or nil.
func (c *client) longestIdle() *connection {
	if c == nil {
		return nil
	}
	if e := c.idle.Front(); e != nil {
		return e.Value.(*connection)
	}
	return nil
}

// evictable returns the connection to evict, or nil: the longest idle one of the
// client that has the most connections. It evicts a proxy's connection only if no
// other client has an idle one, since each proxy serves many clients.
func (m *Limiter) evictable() *connection {
	if largest := m.idleClients.first(); largest != nil {
		return largest.longestIdle()
	}
	if e := m.idleProxies.Front(); e != nil {
		return e.Value.(*connection)
	}
	return nil
}

// evictableFor returns the connection to evict for a new one, or nil. A client that
// would have the most connections, counting the new one, loses one of its own, so
// it can't displace clients with fewer connections by connecting fast.
func (m *Limiter) evictableFor(c *connection) *connection {
	own, largest := m.clients[c.from], m.idleClients.first()
	if c.proxy || own == nil || own.connections == 0 || largest == nil || own.connections+1 < largest.connections {
		return m.evictable()
	}
	if o := own.longestIdle(); o != nil {
		return o
	}
	if own.connections+1 > largest.connections {
		return nil
	}
	return largest.longestIdle()
}

package api

import (
	"container/heap"
	"net/netip"
)

// ranking is a heap of the clients that have an idle connection. First comes the
// client with the most connections, and of those with as many the one whose
// connection has been idle for the longest.
type ranking []*client

// Len is how many clients there are.
func (r ranking) Len() int { return len(r) }

// Less reports whether client i loses a connection before client j does.
func (r ranking) Less(i, j int) bool {
	if r[i].connections != r[j].connections {
		return r[i].connections > r[j].connections
	}
	return r[i].since < r[j].since
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

// first is the client that loses a connection first, nil where none has one that
// is idle.
func (r ranking) first() *client {
	if len(r) == 0 {
		return nil
	}
	return r[0]
}

// settle puts a client where it belongs after its connections have changed.
func (d *door) settle(address netip.Addr) {
	own := d.clients[address]
	if own == nil {
		return
	}
	front := own.idle.Front()
	if front != nil {
		own.since = front.Value.(*visitor).since
	}
	switch {
	case front == nil && own.rank > 0:
		heap.Remove(&d.idle, own.rank-1)
	case front != nil && own.rank == 0:
		heap.Push(&d.idle, own)
	case front != nil:
		heap.Fix(&d.idle, own.rank-1)
	}
}

// oldest is the connection of a client that has been idle for the longest.
func (c *client) oldest() *visitor {
	if c == nil {
		return nil
	}
	if e := c.idle.Front(); e != nil {
		return e.Value.(*visitor)
	}
	return nil
}

// givesWay is the visitor that is turned out when there are too many: one of the
// client with the most connections. Those of proxies come last: what a proxy
// keeps open is for many.
func (d *door) givesWay() *visitor {
	if most := d.idle.first(); most != nil {
		return most.oldest()
	}
	if e := d.proxies.Front(); e != nil {
		return e.Value.(*visitor)
	}
	return nil
}

// givesWayTo is the visitor that is turned out for a new one, nil where none is.
// A client that has as many connections as any other, with the new one, loses one
// of its own: however fast it connects, it takes none from those with fewer.
func (d *door) givesWayTo(v *visitor) *visitor {
	own, most := d.clients[v.from], d.idle.first()
	if v.proxy || own == nil || own.connections == 0 || most == nil || own.connections+1 < most.connections {
		return d.givesWay()
	}
	if o := own.oldest(); o != nil {
		return o
	}
	if own.connections+1 > most.connections {
		return nil
	}
	return most.oldest()
}

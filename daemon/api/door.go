package api

import (
	"container/list"
	"log/slog"
	"net"
	"net/netip"
	"sync"

	"vega/plugins/shortage"
)

// Limits bound what clients have open, so that no number of them keeps vega from
// checking, or an operator from asking.
type Limits struct {
	Connections int // in all
	PerClient   int // of one client, and its requests in flight
	// Spare connections are for those who come when all others have requests in
	// flight, to be told so.
	Spare   int
	Trusted []netip.Prefix // proxies that say whom a request is from
}

// door is where connections come in. One that has no request in flight is idle,
// also while it sends one. Where there are too many, an idle connection of the
// client that has the most is closed in favour of a new one: the one that has
// been idle for the longest. One with a request in flight stays.
type door struct {
	net.Listener
	report *report

	mu       sync.Mutex // guards what follows, and what is in it
	limits   Limits
	clients  map[netip.Addr]*client
	served   int       // connections, without those to spare
	spare    int       // those
	idle     ranking   // of the clients with connections that are idle
	rested   uint64    // how often a connection has become idle
	proxies  list.List // of *visitor, of trusted proxies, the one that is idle for the longest first
	waiting  list.List // the same, of those to spare
	requests map[*inFlight]struct{}
	unknown  int // of the requests, those without a key
	fresh    int // connections that no whole request came by yet
	awaited  []awaited
}

// client is an address that connections or requests come from.
type client struct {
	connections int
	idle        list.List // of *visitor, the one that is idle for the longest first
	since       uint64    // of the first of them
	rank        int       // its place in door.idle, from 1; 0: none
	requests    int
	unknown     int
}

func newDoor(l net.Listener, limits Limits, log *slog.Logger) *door {
	return &door{
		Listener: l, limits: limits, report: newReport(log),
		clients: map[netip.Addr]*client{}, requests: map[*inFlight]struct{}{},
	}
}

// set puts other limits in force. What is open beyond them is closed as new ones
// come.
func (d *door) set(l Limits) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.limits = l
}

// Accept returns the next connection that is let in.
func (d *door) Accept() (net.Conn, error) {
	for {
		c, err := d.Listener.Accept()
		if shortage.Of(err) != nil {
			d.makeRoom()
		}
		if err != nil {
			return nil, err
		}
		tcp, ok := c.(*net.TCPConn)
		if !ok { // the listener is vega's own
			return c, nil
		}
		v, out := d.letIn(tcp)
		for _, o := range out {
			_ = o.TCPConn.Close() // it had nothing to lose
		}
		if v != nil {
			return v, nil
		}
		_ = c.Close()
	}
}

// makeRoom closes an idle connection where this process has no descriptor left
// for another one.
func (d *door) makeRoom() {
	d.mu.Lock()
	v := d.givesWay()
	if v != nil {
		d.remove(v)
	}
	d.report.count(d, func(t *turnedAway) { t.unaccepted++ })
	d.mu.Unlock()
	if v != nil {
		_ = v.TCPConn.Close()
	}
}

// letIn finds a place for a connection, nil where there is none, and says which
// others are to be closed for it.
func (d *door) letIn(c *net.TCPConn) (v *visitor, out []*visitor) {
	address := addressOf(c.RemoteAddr())
	d.mu.Lock()
	defer d.mu.Unlock()
	v = &visitor{TCPConn: c, door: d, from: counted(address), proxy: trusts(d.limits.Trusted, address)}
	var fits bool
	if out, fits = d.clear(v); !fits {
		v.spare = true
		if d.spare >= d.limits.Spare {
			first := d.waiting.Front()
			if first == nil {
				d.report.count(d, func(t *turnedAway) { t.closed++ })
				d.forget(v.from)
				return nil, out
			}
			out = append(out, d.turnOut(first.Value.(*visitor)))
		}
	}
	d.add(v)
	return v, out
}

// clear makes a place for a visitor by turning out those who are idle, its own
// client's where that has too many. It reports whether there is one now.
func (d *door) clear(v *visitor) (out []*visitor, fits bool) {
	own := d.clientOf(v.from)
	for !v.proxy && own.connections >= max(1, d.limits.PerClient) {
		o := own.oldest()
		if o == nil {
			return out, false
		}
		out = append(out, d.turnOut(o))
	}
	for d.served >= max(1, d.limits.Connections) {
		o := d.givesWayTo(v)
		if o == nil {
			return out, false
		}
		out = append(out, d.turnOut(o))
	}
	return out, true
}

// turnOut counts and removes a visitor that is idle.
func (d *door) turnOut(v *visitor) *visitor {
	d.report.count(d, func(t *turnedAway) { t.idle++ })
	d.remove(v)
	return v
}

func (d *door) clientOf(address netip.Addr) *client {
	c := d.clients[address]
	if c == nil {
		c = &client{}
		d.clients[address] = c
	}
	return c
}

// forget drops a client of whom nothing is left.
func (d *door) forget(address netip.Addr) {
	if c := d.clients[address]; c != nil && c.connections == 0 && c.requests == 0 {
		delete(d.clients, address)
	}
}

package api

import (
	"log/slog"
	"net/netip"
	"sync"
	"time"
)

// reportEvery is how often at most it is logged whom the door turned away.
const reportEvery = time.Minute

// turnedAway counts whom the door had no room for.
type turnedAway struct {
	idle       int // idle connections that were closed in favour of others
	refused    int // requests that were answered with 503
	closed     int // connections that were closed unheard
	unaccepted int // times that there was no descriptor for another connection
}

// report tells the log: the first at once, and then what came together.
type report struct {
	log *slog.Logger

	mu    sync.Mutex
	sum   turnedAway
	state crowd
	timer *time.Timer // nil: nothing was told lately
}

// crowd is how full it was when somebody was last turned away.
type crowd struct {
	connections, requests, clients int
	limits                         Limits
	busiest                        netip.Addr // the client with most connections
	most                           int
}

func newReport(log *slog.Logger) *report { return &report{log: log} }

// count adds to what is told. The caller holds d.mu.
func (p *report) count(d *door, add func(*turnedAway)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	add(&p.sum)
	if p.timer == nil || p.state.clients == 0 { // a look at all clients is not for each of them
		p.state = d.crowd()
	}
	if p.timer == nil {
		p.tell()
		p.timer = time.AfterFunc(reportEvery, p.again)
	}
}

// again tells what came since, if anything did.
func (p *report) again() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.timer = nil
	if p.sum != (turnedAway{}) {
		p.tell()
		p.timer = time.AfterFunc(reportEvery, p.again)
	}
}

// close tells the rest.
func (p *report) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.timer != nil && p.timer.Stop() && p.sum != (turnedAway{}) {
		p.tell()
	}
}

// tell writes the line. The caller holds p.mu.
func (p *report) tell() {
	s := p.state
	attrs := []any{
		"idle_closed", p.sum.idle, "requests_refused", p.sum.refused, "connections_closed", p.sum.closed, "not_accepted", p.sum.unaccepted,
		"connections", s.connections, "requests", s.requests, "clients", s.clients,
		"max_connections", s.limits.Connections, "max_connections_per_client", s.limits.PerClient,
	}
	if s.busiest.IsValid() { // behind a proxy, connections are no client's
		attrs = append(attrs, "busiest", s.busiest.String(), "busiest_connections", s.most)
	}
	p.log.Warn("too many connections or requests; the same is logged once a minute at most", attrs...)
	p.sum, p.state = turnedAway{}, crowd{}
}

// crowd counts who is there. The caller holds d.mu.
func (d *door) crowd() crowd {
	c := crowd{connections: d.served + d.spare, requests: len(d.requests), clients: len(d.clients), limits: d.limits}
	for address, own := range d.clients {
		if own.connections > c.most {
			c.busiest, c.most = address, own.connections
		}
	}
	return c
}

package limit

import (
	"log/slog"
	"net/netip"
	"sync"
	"time"
)

// rejectionInterval is the minimum time between two log lines about rejections.
const rejectionInterval = time.Minute

// rejections counts what the limiter rejected.
type rejections struct {
	idle       int // idle connections closed for others
	refused    int // requests answered with 503
	closed     int // connections closed immediately
	unaccepted int // times that accepting failed for lack of a descriptor
}

// rejectionLog logs rejections: the first one immediately, then their sum once
// per interval.
type rejectionLog struct {
	log *slog.Logger

	mu    sync.Mutex
	sum   rejections
	load  load
	timer *time.Timer // nil if nothing was logged within the last interval
}

// load describes the limiter at the time of a rejection.
type load struct {
	connections, requests, clients int
	limits                         Limits
	busiest                        netip.Addr // the client with the most connections
	most                           int        // number of that client's connections
}

func newRejectionLog(log *slog.Logger) *rejectionLog { return &rejectionLog{log: log} }

// count adds to the sum. The caller holds m.mu.
func (l *rejectionLog) count(m *Limiter, add func(*rejections)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	add(&l.sum)
	if l.timer == nil || l.load.clients == 0 { // not for each rejection, because load visits all clients
		l.load = m.load()
	}
	if l.timer == nil {
		l.write()
		l.timer = time.AfterFunc(rejectionInterval, l.flush)
	}
}

// flush logs the rejections since the last line, if there are any.
func (l *rejectionLog) flush() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.timer = nil
	if l.sum != (rejections{}) {
		l.write()
		l.timer = time.AfterFunc(rejectionInterval, l.flush)
	}
}

// LogRest logs the rejections since the last line about them.
func (m *Limiter) LogRest() { m.rejections.close() }

// close logs the remaining rejections.
func (l *rejectionLog) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.timer != nil && l.timer.Stop() && l.sum != (rejections{}) {
		l.write()
	}
}

// write logs the line. The caller holds l.mu.
func (l *rejectionLog) write() {
	s := l.load
	attrs := []any{
		"idle_closed", l.sum.idle, "requests_refused", l.sum.refused, "connections_closed", l.sum.closed, "not_accepted", l.sum.unaccepted,
		"connections", s.connections, "requests", s.requests, "clients", s.clients,
		"max_connections", s.limits.Connections, "max_connections_per_client", s.limits.PerClient,
	}
	if s.busiest.IsValid() { // connections of proxies belong to no client
		attrs = append(attrs, "busiest", s.busiest.String(), "busiest_connections", s.most)
	}
	l.log.Warn("too many connections or requests; logged at most once a minute", attrs...)
	l.sum, l.load = rejections{}, load{}
}

// load counts the connections, requests and clients. The caller holds m.mu.
func (m *Limiter) load() load {
	l := load{connections: m.served + m.spare, requests: len(m.requests), clients: len(m.clients), limits: m.limits}
	for address, own := range m.clients {
		if own.connections > l.most {
			l.busiest, l.most = address, own.connections
		}
	}
	return l
}

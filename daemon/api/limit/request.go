package limit

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"time"
)

// Request is a request that Admit decides on.
type Request struct {
	Method, Path  string // as InFlight shows them
	Authenticated bool   // the request has a valid key, or the token of a heartbeat
	connection    *connection
	from          netip.Addr // see clientAddress
	began         time.Time
	trusted       bool // the connection is from a trusted proxy
	yielded       bool // see Yield; Limiter.mu guards it
}

type (
	connectionKey struct{}
	clientKey     struct{}
	requestKey    struct{}
)

// WithConnection implements http.Server.ConnContext.
func WithConnection(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connectionKey{}, connectionOf(c))
}

// ClientIn returns the address of a request's client if it came through a trusted
// proxy.
func ClientIn(ctx context.Context) (netip.Addr, bool) {
	a, ok := ctx.Value(clientKey{}).(netip.Addr)
	return a, ok
}

// Peer returns the address that a request's client is known by, and whether a trusted
// proxy passed the request on. An IPv6 client is known by its /64 network.
func Peer(ctx context.Context) (client netip.Addr, trusted bool) {
	f, ok := ctx.Value(requestKey{}).(*Request)
	if !ok { // not accepted by a limiter
		return netip.Addr{}, false
	}
	return f.from, f.trusted
}

// Identify returns the request with what ClientIn reads, and what Admit needs. The
// second is nil for a request whose connection the limiter did not accept.
func (m *Limiter) Identify(r *http.Request) (*http.Request, *Request) {
	c, _ := r.Context().Value(connectionKey{}).(*connection)
	if c == nil {
		return r, nil
	}
	address := addressOf(c.RemoteAddr())
	proxies, ctx := m.trusted(), r.Context()
	from := forwardedClient(address, proxies, r.Header)
	if from != address {
		ctx = context.WithValue(ctx, clientKey{}, from)
	}
	f := &Request{Method: r.Method, connection: c, from: clientAddress(from), trusted: trusts(proxies, address), began: time.Now()}
	return r.WithContext(context.WithValue(ctx, requestKey{}, f)), f
}

// Admit admits a request, which ends with Release, if the limits allow it: the total, that of its client,
// and that of requests without a key, which may take half of either. It returns
// the limit that is exceeded, or "".
func (m *Limiter) Admit(f *Request) (exceeded string) {
	m.mu.Lock()
	evicted, exceeded := m.admitLocked(f)
	m.mu.Unlock()
	if evicted != nil {
		_ = evicted.TCPConn.Close() // an idle connection loses nothing
	}
	return exceeded
}

// admitLocked also returns the connection to close for the request. The caller
// holds m.mu.
func (m *Limiter) admitLocked(f *Request) (evicted *connection, exceeded string) {
	c := f.connection
	m.markUsed(c)
	exceeded = m.exceeded(f)
	if exceeded == "" && c.spare {
		evicted, exceeded = m.promote(f)
	}
	if exceeded != "" {
		m.rejections.count(m, func(r *rejections) { r.refused++ })
		m.forget(f.from)
		return evicted, exceeded
	}
	c.markBusy()
	c.requests++
	own := m.clientOf(f.from)
	m.requests[f] = struct{}{}
	own.requests++
	if !f.Authenticated {
		m.anonymous++
		own.anonymous++
	}
	return evicted, ""
}

// The limits that a request can exceed, with the setting of each.
const (
	exceedsRequests          = "vega has as many requests in flight as server.max_connections allows"
	exceedsAnonymous         = "vega has as many requests without a key in flight as allowed, half of server.max_connections"
	exceedsClientRequests    = "this client has as many requests in flight as server.max_connections_per_client allows"
	exceedsClientAnonymous   = "this client has as many requests without a key in flight as allowed, half of server.max_connections_per_client"
	exceedsClientConnections = "this client has as many connections as server.max_connections_per_client allows, all with requests in flight"
)

// exceeded returns the limit that a request would exceed, or "".
func (m *Limiter) exceeded(f *Request) string {
	own, total, each := m.clientOf(f.from), m.limits.Connections, m.limits.PerClient
	switch {
	case f.connection.closed, len(m.requests) >= max(1, total):
		return exceedsRequests
	case own.requests >= max(1, each):
		return exceedsClientRequests
	case !f.Authenticated && m.anonymous >= half(total):
		return exceedsAnonymous
	case !f.Authenticated && own.anonymous >= half(each):
		return exceedsClientAnonymous
	}
	return ""
}

func half(n int) int { return max(1, n/2) }

// promote turns a spare connection into a regular one if there is a place by now.
// For a request with a key it evicts an idle connection.
func (m *Limiter) promote(f *Request) (evicted *connection, exceeded string) {
	c := f.connection
	if !c.proxy && m.clientOf(c.from).connections > max(1, m.limits.PerClient) {
		return nil, exceedsClientConnections
	}
	if m.served >= max(1, m.limits.Connections) {
		if evicted = m.evictable(); !f.Authenticated || evicted == nil {
			return nil, exceedsRequests
		}
		m.evict(evicted)
	}
	c.markBusy()
	c.spare = false
	m.spare--
	m.served++
	return evicted, ""
}

// Release ends a request. A connection without a key is idle from then on, whatever
// it still sends. For other connections, net/http reports when they become idle. It
// has already done so if the client canceled its request.
func (m *Limiter) Release(f *Request) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if f.yielded {
		return
	}
	m.releaseLocked(f)
	if !f.Authenticated || f.connection.httpIdle {
		m.markIdle(f.connection)
	}
	m.forget(f.from)
	m.wake()
}

// Yield makes a request count as ended while it still writes: it is a stream, whose client
// loses nothing when it is closed, and connects again. So it takes no place of a request,
// a drain does not wait for it, and its connection gives way to others as an idle one
// does. ctx is that of the request.
func Yield(ctx context.Context) {
	f, ok := ctx.Value(requestKey{}).(*Request)
	if !ok { // not accepted by a limiter
		return
	}
	m := f.connection.limiter
	m.mu.Lock()
	defer m.mu.Unlock()
	if f.yielded {
		return
	}
	f.yielded = true
	m.releaseLocked(f)
	m.markIdle(f.connection)
	m.forget(f.from)
	m.wake()
}

// releaseLocked counts a request no longer. The caller holds m.mu.
func (m *Limiter) releaseLocked(f *Request) {
	own := m.clientOf(f.from)
	delete(m.requests, f)
	f.connection.requests--
	own.requests--
	if !f.Authenticated {
		m.anonymous--
		own.anonymous--
	}
}

// ConnState implements http.Server.ConnState.
func (m *Limiter) ConnState(conn net.Conn, state http.ConnState) {
	c := connectionOf(conn)
	if c == nil || state != http.StateIdle && state != http.StateActive {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	c.httpIdle = state == http.StateIdle
	if c.httpIdle {
		m.markUsed(c)
		m.markIdle(c)
		m.wake()
	}
}

func (m *Limiter) trusted() []netip.Prefix {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.limits.Trusted
}

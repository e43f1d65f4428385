package api

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"time"
)

// inFlight is a request that was let in.
type inFlight struct {
	method, path string
	visitor      *visitor
	from         netip.Addr // as clients are counted
	known        bool       // it has a key
	began        time.Time
}

type (
	visitorKey struct{}
	clientKey  struct{}
)

// withVisitor is http.Server.ConnContext.
func withVisitor(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, visitorKey{}, visitorOf(c))
}

// clientIn is the address of a request's client, where the door has told it from
// the address of a proxy.
func clientIn(ctx context.Context) (netip.Addr, bool) {
	a, ok := ctx.Value(clientKey{}).(netip.Addr)
	return a, ok
}

// gate lets requests in to a handler, or tells them that there are too many.
type gate struct {
	door *door
	api  *API
}

// ServeHTTP answers a request.
func (g gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v, _ := r.Context().Value(visitorKey{}).(*visitor)
	if v == nil { // it did not come by the door
		g.api.ServeHTTP(w, r)
		return
	}
	address := addressOf(v.RemoteAddr())
	from := clientBehind(address, g.door.trusted(), r.Header)
	if from != address {
		r = r.WithContext(context.WithValue(r.Context(), clientKey{}, from))
	}
	_, known := g.api.nameOf(r)
	f := &inFlight{r.Method, r.URL.Path, v, counted(from), known, time.Now()}
	if full := g.door.enter(f); full != "" {
		answerStranger(w, r, refuse(full))
		return
	}
	if known {
		defer g.door.leave(f)
		g.api.ServeHTTP(w, r)
		return
	}
	answerStranger(w, r, func(w http.ResponseWriter, r *http.Request) {
		defer g.door.leave(f)
		g.api.ServeHTTP(w, r)
	})
}

// enter lets a request in, if there is room for it: in all, for its client, and
// for those without a key, who may have half of either. It returns what there is
// too much of; "" lets the request in.
func (d *door) enter(f *inFlight) (full string) {
	d.mu.Lock()
	out, full := d.admit(f)
	d.mu.Unlock()
	if out != nil {
		_ = out.TCPConn.Close() // it had nothing to lose
	}
	return full
}

// admit does it, and says which visitor is to be closed for it.
func (d *door) admit(f *inFlight) (out *visitor, full string) {
	v := f.visitor
	d.age(v)
	full = d.tooMany(f)
	if full == "" && v.spare {
		out, full = d.promote(f)
	}
	if full != "" {
		d.report.count(d, func(t *turnedAway) { t.refused++ })
		d.forget(f.from)
		return out, full
	}
	v.stir()
	v.flying++
	own := d.clientOf(f.from)
	d.requests[f] = struct{}{}
	own.requests++
	if !f.known {
		d.unknown++
		own.unknown++
	}
	return out, ""
}

// What there is too much of, with the setting that bounds it.
const (
	fullOfRequests   = "vega has as many requests in flight as server.max_connections allows"
	fullOfUnknown    = "vega has as many requests without a key in flight as it may, half of server.max_connections"
	clientOfRequests = "this client has as many requests in flight as server.max_connections_per_client allows"
	clientOfUnknown  = "this client has as many requests without a key in flight as it may, half of server.max_connections_per_client"
	clientOfVisitors = "this client has as many connections as server.max_connections_per_client allows, all with requests in flight"
)

// tooMany says what there is too much of for a request, "" if nothing.
func (d *door) tooMany(f *inFlight) string {
	own, all, each := d.clientOf(f.from), d.limits.Connections, d.limits.PerClient
	switch {
	case f.visitor.gone, len(d.requests) >= max(1, all):
		return fullOfRequests
	case own.requests >= max(1, each):
		return clientOfRequests
	case !f.known && d.unknown >= half(all):
		return fullOfUnknown
	case !f.known && own.unknown >= half(each):
		return clientOfUnknown
	}
	return ""
}

func half(n int) int { return max(1, n/2) }

// promote gives a visitor to spare a place among the others, if one is free by
// now. For a request with a key, one that is idle gives way.
func (d *door) promote(f *inFlight) (out *visitor, full string) {
	v := f.visitor
	if !v.proxy && d.clientOf(v.from).connections > max(1, d.limits.PerClient) {
		return nil, clientOfVisitors
	}
	if d.served >= max(1, d.limits.Connections) {
		if out = d.givesWay(); !f.known || out == nil {
			return nil, fullOfRequests
		}
		d.turnOut(out)
	}
	v.stir()
	v.spare = false
	d.spare--
	d.served++
	return out, ""
}

// leave notes that a request was answered. A connection that has shown no key is
// idle from then on, whatever it still sends; else net/http tells when it is, or
// has told so where the client took its request back.
func (d *door) leave(f *inFlight) {
	d.mu.Lock()
	defer d.mu.Unlock()
	own := d.clientOf(f.from)
	delete(d.requests, f)
	f.visitor.flying--
	own.requests--
	if !f.known {
		d.unknown--
		own.unknown--
	}
	if !f.known || f.visitor.quiet {
		d.rest(f.visitor)
	}
	d.forget(f.from)
	d.changed()
}

// turned is http.Server.ConnState.
func (d *door) turned(c net.Conn, state http.ConnState) {
	v := visitorOf(c)
	if v == nil || state != http.StateIdle && state != http.StateActive {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	v.quiet = state == http.StateIdle
	if v.quiet {
		d.age(v)
		d.rest(v)
		d.changed()
	}
}

func (d *door) trusted() []netip.Prefix {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.limits.Trusted
}

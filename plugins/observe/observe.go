// Package observe records what the host sees of a run's exchanges with its target: how
// long each phase took, which response came, and which certificate. What a plugin
// reports does not change it.
package observe

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"net/netip"
	"time"

	"vega/policies/check"
)

// Record is what was seen of one run. The zero Record is empty. It is not safe for
// concurrent use.
type Record struct {
	// Redact removes secrets from the texts of a certificate. The certificate itself is
	// only described if Redact is set, because that takes time.
	Redact func(string) string

	all *all
}

// all holds an exchange and its parts, which are one allocation.
type all struct {
	check.Exchange
	http  check.HTTPExchange
	tls   check.TLSExchange
	query check.DNSExchange

	requests     int           // HTTP requests, without redirects
	dns, connect time.Duration // of the exchange when the last request began
	headers      time.Time     // when those of the last response had arrived
}

// Exchange returns what was seen, or nil if there was nothing to see. It belongs to the
// caller once the run has ended.
func (r *Record) Exchange() *check.Exchange {
	if r.all == nil {
		return nil
	}
	return &r.all.Exchange
}

func (r *Record) get() *all {
	if r.all == nil {
		r.all = &all{}
	}
	return r.all
}

// Lookup records that looking up a name took some time, whether it was found or not.
func (r *Record) Lookup(took time.Duration) {
	a := r.get()
	a.DNS += took
	a.update()
}

// Destination records where a connection is about to be opened to.
func (r *Record) Destination(ip netip.Addr) { r.get().Address = ip }

// Connect records that opening a connection took some time. to is the address of the
// target, or nil if the connection is to a proxy.
func (r *Record) Connect(took time.Duration, to net.Addr) {
	a := r.get()
	a.Connect += took
	a.Address = ip(to)
	a.update()
}

// ip returns the IP address in an address, or the zero Addr.
func ip(a net.Addr) netip.Addr {
	switch a := a.(type) {
	case *net.TCPAddr:
		return a.AddrPort().Addr().Unmap()
	case *net.UDPAddr:
		return a.AddrPort().Addr().Unmap()
	default:
		return netip.Addr{}
	}
}

// update brings the phases of the last HTTP request up to date.
func (a *all) update() {
	if a.HTTP != nil {
		a.http.Resolve, a.http.Connect = a.DNS-a.dns, a.Exchange.Connect-a.connect
	}
}

// Request records that an HTTP request begins, before its first connection. The result
// identifies the request for Body.
func (r *Record) Request() int {
	a := r.get()
	a.requests++
	a.HTTP, a.TLS, a.http = &a.http, nil, check.HTTPExchange{}
	a.dns, a.connect = a.DNS, a.Exchange.Connect
	return a.requests
}

// Hop records that a request is about to be sent, also after a redirect. What the
// server of the last one showed no longer counts.
func (r *Record) Hop() {
	a := r.get()
	a.TLS = nil
	a.http.Status, a.http.Version, a.http.Secure, a.http.ContentLength, a.http.LastModified = 0, 0, false, 0, time.Time{}
}

// Response records that the headers of a response arrived at a time, for a request that
// began at another.
func (r *Record) Response(began, arrived time.Time, resp *http.Response, secure bool) {
	a := r.get()
	a.headers = arrived
	h := &a.http
	h.FirstByte += arrived.Sub(began)
	h.Status, h.Secure, h.ContentLength = resp.StatusCode, secure, resp.ContentLength
	h.Version = float64(resp.ProtoMajor) + float64(resp.ProtoMinor)/10
	if text := resp.Header.Get("Last-Modified"); text != "" { // parsing "" takes longer than all the rest
		if t, err := http.ParseTime(text); err == nil {
			h.LastModified = t
		}
	}
}

// Redirect records that the last response is a redirect.
func (r *Record) Redirect() { r.get().http.Redirects++ }

// Body records that bytes of the body of a request were read.
func (r *Record) Body(request, bytes int) {
	a := r.get()
	if a.requests == request {
		a.http.Bytes += int64(bytes)
		a.http.Transfer = time.Since(a.headers)
	}
}

// Handshake records that a TLS handshake took some time, whether it succeeded or not.
// state is what the peer showed, or nil; chains are the verified ones.
func (r *Record) Handshake(took time.Duration, state *tls.ConnectionState, chains [][]*x509.Certificate) {
	a := r.get()
	if a.HTTP != nil {
		a.http.TLS += took
	}
	if state == nil || len(state.PeerCertificates) == 0 {
		return
	}
	a.tls = check.TLSExchange{
		Version: tls.VersionName(state.Version), Cipher: cipherName(state.CipherSuite),
		EarliestExpiry: earliest(state.PeerCertificates),
	}
	for _, chain := range chains {
		if first := earliest(chain); first.After(a.tls.ChainExpiry) {
			a.tls.ChainExpiry = first
		}
	}
	if r.Redact != nil {
		a.tls.Certificate = describe(state.PeerCertificates[0], r.Redact)
	}
	a.TLS = &a.tls
}

// earliest returns when the first of some certificates expires.
func earliest(chain []*x509.Certificate) (first time.Time) {
	for _, c := range chain {
		if first.IsZero() || c.NotAfter.Before(first) {
			first = c.NotAfter
		}
	}
	return first
}

// Query records that a DNS query begins. resolve is how long looking up the name of its
// server took.
func (r *Record) Query(resolve time.Duration) {
	a := r.get()
	a.query = check.DNSExchange{Resolve: resolve}
	a.Query, a.DNS = &a.query, a.DNS+resolve
}

// Ask records that a query was sent to a server over a connection that took some time,
// and that its reply arrived, or did not.
func (r *Record) Ask(connect, request time.Duration, server net.Addr) {
	a := r.get()
	a.query.Connect, a.query.Request = connect, request
	a.Address = ip(server)
}

// Reply records the number of records in the three sections of the reply to a query,
// and the serial number of an SOA record, or nil.
func (r *Record) Reply(counts [3]int, serial *uint32) {
	a := r.get()
	a.query.Replied, a.query.Serial = true, serial
	a.query.Answers, a.query.Authorities, a.query.Additionals = counts[0], counts[1], counts[2]
}

// Package egress is the only way out to the network for a guest: http, raw
// connections and DNS questions, each judged by the integration's grants
// before anything is sent.
//
// New makes the process-wide Network; Session binds it to one run's grants
// and secrets; Session.HTTP, Dial and Resolve are what the host calls are made
// of, and Code turns their errors into errnos. A host is resolved here, every
// resolved address is judged, and the connection goes to exactly the address
// that passed, again on every hop of a redirect. Secrets are put in on the way
// out: whole ones in headers, basic auth and the configured URL, elsewhere only
// where the grants allow it. Whole ones are taken out of HTTP answers and errors.
//
// It refuses link-local, cloud metadata, multicast and other special
// addresses unless written as that literal, loopback by any other name than
// localhost, private addresses of a host that no person wrote, a secret over
// plain text or an unverified connection, and headers that could forge a
// second request. Proxy variables of the environment are ignored.
package egress

import (
	"context"
	"crypto/x509"
	"errors"
	"net/http"
	"net/netip"

	"vega/plugins/grant"
	"vega/plugins/secret"
	"vega/plugins/sockets"
)

// Network is what all runs share.
type Network struct {
	// RootCAs are the authorities that TLS trusts; nil is the system's. Set it
	// before the first Session.
	RootCAs *x509.CertPool

	dialer sockets.Dialer
	http2  *http.Transport
	system systemRoots
}

// New makes a Network that resolves names by the DNS server at resolver
// (host:port, the port may be left out), or by the system where it is empty.
// The hosts file of the system counts in both.
func New(resolver string) *Network {
	n := &Network{dialer: sockets.Dialer{KeepAlive: -1}, http2: newHTTP2()} // a connection lives for one run
	if resolver != "" {
		n.dialer.Server = grant.WithPort(resolver, 53)
	}
	return n
}

// Session is the network as one run may use it. It is not safe for concurrent
// use, as its vault is not.
type Session struct {
	// Trace is added to the http requests of a guest that names none itself.
	Trace Trace
	// Account is what the session's work is charged to; nil: to nobody.
	Account Account
	// Sockets bounds what the run has open at once; nil is without limit.
	Sockets *sockets.Allowance

	network *Network
	grants  *grant.Set
	vault   *secret.Vault
	audit   func(error)
}

// Trace is what the headers traceparent and tracestate of W3C Trace Context
// say, to be passed on as they are. The zero Trace is none.
type Trace struct{ Parent, State string }

// Session binds the network to the grants and secrets of one run. audit is
// told of every denial, whose text may hold what a peer sent; nil drops them.
func (n *Network) Session(g *grant.Set, v *secret.Vault, audit func(error)) *Session {
	if audit == nil {
		audit = func(error) {}
	}
	return &Session{network: n, grants: g, vault: v, audit: audit}
}

// lookup resolves a host in the form of grant.Host. localhost is loopback by
// itself, whatever a DNS server says.
func (s *Session) lookup(ctx context.Context, host string) ([]netip.Addr, error) {
	if host == "localhost" {
		return []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()}, nil
	}
	if _, err := netip.ParseAddr(host); err != nil { // an address costs nothing
		s.account().Pay(Lookup, 1)
	}
	return s.network.dialer.Lookup(ctx, host, s.Sockets)
}

// deny tells the audit of a denial and returns it as the guest may see it.
func (s *Session) deny(err error) error {
	s.audit(err)
	clean := &grant.Denial{Asked: err.Error()}
	if d := (*grant.Denial)(nil); errors.As(err, &d) {
		*clean = *d
	}
	clean.Asked, clean.Fix = s.vault.Hide(clean.Asked), s.vault.Hide(clean.Fix)
	return clean
}

// written reports whether a person wrote a rule that allows what r allows.
func (s *Session) written(r grant.Rule) bool {
	for _, g := range s.grants.Rules {
		if g.ByOperator() && g.Kind == r.Kind && g.Method == r.Method && g.Scheme == r.Scheme &&
			g.Host == r.Host && g.Port == r.Port && g.Name == r.Name {
			return true
		}
	}
	return false
}

// Package egress is a guest's only way to the network: http, raw connections,
// DNS queries and echo requests, each checked against the integration's grants before
// anything is sent.
//
// New creates the process-wide Network, and Session binds it to one run's
// grants and secrets. Session.HTTP, Dial and Resolve implement the host calls,
// and Code maps their errors to errnos. Hosts are resolved here; every resolved
// address is checked, and the connection goes to exactly the address that
// passed, on every hop of a redirect. Secrets are inserted on the way out:
// whole ones in headers, basic auth and the configured URL, elsewhere only if
// the grants allow it. Whole secrets are removed from HTTP responses and
// errors.
//
// It refuses link-local, cloud metadata, multicast and other special addresses
// unless written as that literal; loopback by any name other than localhost;
// private addresses of a host that the operator did not write; a secret over
// plain text or an unverified connection; and headers that could forge a second
// request. It ignores proxy environment variables.
package egress

import (
	"context"
	"crypto/x509"
	"errors"
	"net/http"
	"net/netip"
	"time"

	"vega/plugins/grant"
	"vega/plugins/observe"
	"vega/plugins/secret"
	"vega/plugins/sockets"
	"vega/plugins/span"
	"vega/plugins/transport"
)

// Network is the state that all runs share.
type Network struct {
	// RootCAs are the authorities that TLS trusts; nil means those of the
	// system. Set it before the first Session.
	RootCAs *x509.CertPool
	// CAFile has more authorities, PEM. It is read again when it changes, because they are
	// replaced together with the certificates of servers; "" means none. Set it before the
	// first Session.
	CAFile string
	// Proxy is used for http calls; nil means none. Set it before the first
	// Session.
	Proxy *Proxy

	dialer sockets.Dialer
	http2  *http.Transport
	system systemRoots
	files  transport.Files
	tokens transport.Tokens
	now    func() time.Time // nil: time.Now

	started  time.Time // what the monotonic clock counts from
	settings clockSettings
	echoes   echoLimit
}

func (n *Network) time() time.Time {
	if n.now != nil {
		return n.now()
	}
	return time.Now()
}

// New creates a Network that resolves names through the DNS server at resolver
// (host or host:port), or through the system if resolver is empty. Both use the
// system's hosts file.
func New(resolver string) *Network {
	n := &Network{dialer: sockets.Dialer{KeepAlive: -1}, http2: newHTTP2(), started: time.Now()} // a connection lasts for one run
	n.settings.former(n.started, 0)
	if resolver != "" {
		n.dialer.Server = grant.WithPort(resolver, 53)
	}
	return n
}

// Session is the network for one run. It is not safe for concurrent use,
// because its vault is not.
type Session struct {
	// Trace is added to http requests of a guest that sets no trace itself.
	Trace Trace
	// Account is charged for the session's work; nil means that the work is
	// free.
	Account Account
	// Sockets limits what the run has open at the same time; nil means no
	// limit.
	Sockets *sockets.Allowance
	// Transport is how the integration connects; nil means the usual way.
	Transport *transport.Options
	// Seen records what the session sees of its exchanges.
	Seen observe.Record
	// Sent is set once HTTP begins to write a request, so that its server may have
	// acted on it even if HTTP returns an error.
	Sent bool

	network *Network
	peer    string // the address of the last connection
	grants  *grant.Set
	vault   *secret.Vault
	audit   func(error)
	cookies cookies
	echoes  echoes
	parting time.Duration // that closing WebSockets has taken
	spans
}

// Trace holds the W3C Trace Context headers traceparent and tracestate, which
// are passed on unchanged. The zero Trace adds nothing.
type Trace struct{ Parent, State string }

// Session binds the network to the grants and secrets of one run. audit
// receives every denial, whose text may contain data from a peer; nil drops
// them.
func (n *Network) Session(g *grant.Set, v *secret.Vault, audit func(error)) *Session {
	if audit == nil {
		audit = func(error) {}
	}
	if n.Proxy != nil {
		for _, text := range n.Proxy.login { // a proxy, or a target behind one that passes it on, may repeat it
			v.Also(text)
		}
	}
	return &Session{network: n, grants: g, vault: v, audit: audit}
}

// Judge returns the errors that the calls of a session would return before they send
// anything.
type Judge struct{ *Session }

// lookup resolves a host in the form of grant.Host. localhost is always
// loopback, whatever a DNS server says.
func (s *Session) lookup(ctx context.Context, host string) ([]netip.Addr, error) {
	if host == "localhost" {
		return []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()}, nil
	}
	if _, err := netip.ParseAddr(host); err == nil { // an address needs no lookup
		return s.network.dialer.Lookup(ctx, host, s.Sockets)
	}
	s.account().Pay(Lookup, 1)
	part := s.call.Begin(span.Lookup, "lookup")
	part.Text(span.Question, host)
	found, err := s.network.dialer.Lookup(ctx, host, s.Sockets)
	part.Number(span.Answers, int64(len(found)))
	endSpan(part, err)
	return found, err
}

// deny passes a denial to the audit and returns it as the guest may see it.
func (s *Session) deny(err error) error {
	s.audit(err)
	clean := &grant.Denial{Asked: err.Error()}
	if d, ok := errors.AsType[*grant.Denial](err); ok {
		*clean = *d
	}
	clean.Asked, clean.Fix = s.vault.Hide(clean.Asked), s.vault.Hide(clean.Fix)
	return clean
}

// written reports whether the operator wrote a rule that allows what r allows.
func (s *Session) written(r grant.Rule) bool {
	for _, g := range s.grants.Rules {
		if g.ByOperator() && g.Kind == r.Kind && g.Method == r.Method && g.Scheme == r.Scheme &&
			g.Host == r.Host && g.Port == r.Port && g.Name == r.Name {
			return true
		}
	}
	return s.grants.Matches(r)
}

package egress

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strconv"
	"time"

	"vega/plugins/grant"
	"vega/plugins/manifest"
	"vega/plugins/sockets"
	"vega/plugins/span"
	"vega/plugins/transport"
	"vega/sdk/abi"
)

// maxTried limits how many addresses of one name are tried.
const maxTried = 8

// timings holds the five phases of http_timing, by number.
type timings [5]time.Duration

// open resolves the rule's host, checks the addresses and connects. network is
// tcp or udp. A socket in the file system is reached by its path.
func (s *Session) open(ctx context.Context, rule grant.Rule, network string, t *timings) (net.Conn, error) {
	if rule.Kind == manifest.Unix {
		return openSocket(ctx, s, rule, t)
	}
	start := time.Now()
	node := s.route().node(rule)
	found, err := s.lookup(ctx, node.Host)
	resolved := time.Now()
	s.Seen.Lookup(resolved.Sub(start))
	if err != nil {
		return nil, offNode(rule, node, s.fail(ctx, "resolving "+node.Host, err, abi.ErrIO))
	}
	ips, err := s.allowed(node, node.Host, found)
	if err != nil {
		return nil, err
	}
	if len(ips) > 0 {
		s.Seen.Destination(ips[0])
	}
	t[abi.PhaseDNS] += resolved.Sub(start)
	addrs := make([]netip.AddrPort, 0, maxTried)
	for _, ip := range ips[:min(len(ips), maxTried)] {
		addrs = append(addrs, netip.AddrPortFrom(ip, uint16(node.Port)))
	}
	s.account().Pay(Connect, 1)
	part := s.call.Begin(span.Connect, "connect")
	part.Text(span.Host, node.Host)
	part.Number(span.Port, int64(node.Port))
	part.Text(span.Network, network)
	conn, err := s.network.dialer.Connect(ctx, network, addrs, s.Sockets)
	if err == nil {
		notePeer(part, conn.RemoteAddr().String())
	}
	endSpan(part, err)
	if errors.Is(err, sockets.ErrBroadcast) {
		return nil, invalid("can't connect to %s: %v", node.Host, err)
	}
	if err != nil {
		return nil, offNode(rule, node, s.fail(ctx, "connecting to "+through(rule, node), err, abi.ErrIO))
	}
	took := time.Since(resolved)
	t[abi.PhaseConnect] += took
	s.Seen.Connect(took, conn.RemoteAddr())
	s.peer = conn.RemoteAddr().String()
	return conn, nil
}

// overTLS reports whether a request that a rule allows goes over TLS.
func overTLS(r grant.Rule) bool { return r.Scheme == "https" || r.Scheme == "wss" }

// openSocket connects to a socket in the file system.
func openSocket(ctx context.Context, s *Session, rule grant.Rule, t *timings) (net.Conn, error) {
	start := time.Now()
	s.account().Pay(Connect, 1)
	part := s.call.Begin(span.Connect, "connect")
	part.Text(span.Host, rule.Name)
	part.Text(span.Network, "unix")
	conn, err := s.network.dialer.DialLocal(ctx, rule.Name, s.Sockets)
	endSpan(part, err)
	if refused, ok := errors.AsType[*sockets.PathError](err); ok && refused.Untrusted {
		return nil, s.deny(&grant.Denial{Asked: "connecting to the socket " + rule.Name + " is refused: " + refused.Text})
	}
	if err != nil {
		return nil, s.fail(ctx, "connecting to "+rule.Name, err, abi.ErrIO)
	}
	took := time.Since(start)
	t[abi.PhaseConnect] += took
	s.Seen.Connect(took, nil)
	s.peer = ""
	return conn, nil
}

// hostPort returns where a rule leads: host and port, or the path of a socket.
func hostPort(r grant.Rule) string {
	if r.Kind == manifest.Unix {
		return r.Name
	}
	return net.JoinHostPort(r.Host, strconv.Itoa(r.Port))
}

// route is what an integration says about its connections, and which of them it
// is about.
type route struct {
	options *transport.Options
	grants  *grant.Set
}

func (s *Session) route() route {
	if s.Transport == nil {
		return route{&transport.Options{}, s.grants}
	}
	return route{s.Transport, s.grants}
}

// tlsFor returns the TLS options for a destination. The ones that weaken
// verification or present a certificate are for the integration's own targets:
// a redirect leads elsewhere without them, and so does a token endpoint.
func (r route) tlsFor(rule grant.Rule) transport.TLS {
	t := r.options.TLS
	if !r.grants.Target(rule) {
		return transport.TLS{CAFile: t.CAFile, MinVersion: t.MinVersion}
	}
	return t
}

// node returns where a connection for a rule goes: the integration's target is
// replaced by connect_to. What the operator wrote there is consent to its
// address.
func (r route) node(rule grant.Rule) grant.Rule {
	if r.options.ConnectTo == "" || rule.Kind == manifest.Unix || !r.grants.Target(rule) {
		return rule
	}
	host, port, err := grant.Address(r.options.ConnectTo)
	if err != nil { // validated already
		return rule
	}
	rule.Host, rule.Port = host, port
	return rule
}

// isNode reports whether a rule leads to the address in connect_to.
func (r route) isNode(rule grant.Rule) bool {
	host, port, err := grant.Address(r.options.ConnectTo)
	return err == nil && host == rule.Host && port == rule.Port
}

// authenticates reports whether the host authenticates requests to the rule's
// origin: one of the integration's own url options.
func (r route) authenticates(rule grant.Rule) bool {
	return r.options.Auth.IsSet() && rule.Kind != manifest.Unix && r.grants.OwnOrigin(rule)
}

// mayBeRead reports whether what is sent for a rule may be read on the way: it
// stays on this machine, or the operator agreed.
func (r route) mayBeRead(rule grant.Rule) bool {
	return rule.Kind == manifest.Unix || isLoopback(rule.Host) && isLoopback(r.node(rule).Host) || r.grants.Plaintext
}

// offNode names the node in an error for which a guest would name the host that
// connect_to replaces.
func offNode(rule, node grant.Rule, err error) error {
	e, ok := errors.AsType[*Error](err)
	if !ok || node == rule {
		return err
	}
	switch e.Errno {
	case abi.ErrRefused:
		return &Error{Errno: abi.ErrTarget, Text: e.Text + "; start the service there, or correct connect_to"}
	case abi.ErrDNS:
		return &Error{Errno: abi.ErrTarget, Text: e.Text + "; correct connect_to, or repair its DNS"}
	default:
		return err
	}
}

// through describes a connection for messages.
func through(rule, node grant.Rule) string {
	if node == rule {
		return hostPort(rule)
	}
	return hostPort(rule) + " at " + hostPort(node) + " (connect_to)"
}

// unverified is the denial of a secret that would go to an unverified peer.
func unverified(where string) *grant.Denial {
	return &grant.Denial{Asked: "sending a secret to " + where + ", whose certificate is not verified (tls.skip_verify; use ca_file or fingerprint instead),", Fix: "plaintext = true"}
}

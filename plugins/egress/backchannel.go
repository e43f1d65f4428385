package egress

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"

	"vega/plugins/grant"
)

// backchannel makes the host's own requests for an integration, to the address
// that the operator wrote in token_url. It outlives the run that it was made
// for.
type backchannel struct {
	network *Network
	route   route
}

// do sends a request over a connection of its own, through the proxy if there
// is one for that host. It follows no redirect.
func (b *backchannel) do(r *http.Request) (*http.Response, error) {
	rule, err := grant.Origins(r.URL)
	if err != nil {
		return nil, err
	}
	t := &http.Transport{DialContext: b.dial, DisableKeepAlives: true}
	if p := b.network.Proxy; p.handles(r.URL) && b.route.node(rule) == rule {
		t.Proxy, t.ProxyConnectHeader = http.ProxyURL(p.url()), http.Header{}
		p.authorize(t.ProxyConnectHeader)
		if rule.Scheme == "http" {
			p.authorize(r.Header)
		}
	}
	if rule.Scheme == "http" {
		return t.RoundTrip(r)
	}
	peer, err := b.network.peer(rule.Host, b.route.tlsFor(rule))
	if err != nil {
		return nil, err
	}
	t.TLSClientConfig = peer.config(func(cs *tls.ConnectionState) error {
		if err := peer.judge(cs); err != nil {
			return err
		}
		if peer.reason != "" {
			return errors.New(peer.reason)
		}
		return nil
	})
	resp, err := t.RoundTrip(r)
	if err != nil {
		if why := peer.whyFailed(err); why != "" {
			err = errors.New(why)
		}
	}
	return resp, err
}

func (b *backchannel) dial(ctx context.Context, _, address string) (net.Conn, error) {
	host, port, err := grant.Address(address)
	if err != nil {
		return nil, err
	}
	node := b.route.node(grant.Rule{Host: host, Port: port})
	ips, err := b.addresses(ctx, node.Host)
	if err != nil {
		return nil, errors.New(reason(err))
	}
	addrs := make([]netip.AddrPort, 0, maxTried)
	for _, ip := range ips[:min(len(ips), maxTried)] {
		addrs = append(addrs, netip.AddrPortFrom(ip, uint16(node.Port)))
	}
	conn, err := b.network.dialer.Connect(ctx, "tcp", addrs, nil)
	if err != nil {
		return nil, errors.New(reason(err))
	}
	return conn, nil
}

// addresses resolves a host that the operator wrote.
func (b *backchannel) addresses(ctx context.Context, host string) ([]netip.Addr, error) {
	if host == "localhost" {
		return []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()}, nil
	}
	return b.network.dialer.Lookup(ctx, host, nil)
}

// url returns the proxy's address in the form that net/http expects, without
// the login.
func (p *Proxy) url() *url.URL {
	u := &url.URL{Scheme: "http", Host: p.String()}
	if p.tls {
		u.Scheme = "https"
	}
	return u
}

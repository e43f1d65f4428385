package egress

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"vega/plugins/grant"
	"vega/plugins/transport"
)

// authorized makes one hop, with the integration's authentication if it is for
// that origin. If the target does not accept an access token that was issued
// earlier, the hop is repeated once with a new one.
func authorized(ctx context.Context, s *Session, out *outgoing, t *timings) (*answer, error) {
	rule, err := s.judge(out)
	if err != nil {
		return nil, err
	}
	if !s.route().authenticates(rule) {
		return s.exchange(ctx, rule, out, t)
	}
	client := s.route().options.Auth.Client
	value, fresh, err := authorization(ctx, s)
	if err != nil {
		return nil, err
	}
	a, err := s.exchange(ctx, rule, out.with(value), t)
	if err != nil || client == nil || fresh || !a.refusesLogin() ||
		!s.network.tokens.Forget(client, strings.TrimPrefix(value, "Bearer ")) {
		return a, err
	}
	a.close()
	if value, _, err = authorization(ctx, s); err != nil {
		return nil, err
	}
	return s.exchange(ctx, rule, out.with(value), t)
}

// refusesLogin reports whether the server does not accept the login: by the status, or
// by that of gRPC, UNAUTHENTICATED.
func (a *answer) refusesLogin() bool {
	return a.StatusCode == http.StatusUnauthorized || a.ProtoMajor == 2 && a.Header.Get("Grpc-Status") == "16"
}

// with returns the request with another Authorization. The original stays
// without it, because a redirect must not carry it elsewhere.
func (o *outgoing) with(authorization string) *outgoing {
	next := *o
	next.header = o.header.Clone()
	next.header.Set("Authorization", authorization)
	return &next
}

// authorization returns the header's value, and whether it was made for this
// call. From then on it is hidden like a secret.
func authorization(ctx context.Context, s *Session) (value string, fresh bool, err error) {
	auth := s.route().options.Auth
	for _, text := range auth.Secrets() {
		s.vault.Also(text)
	}
	switch {
	case auth.Client != nil:
		token, fresh, err := accessToken(ctx, s, auth.Client)
		if err != nil {
			return "", false, hostError(s.vault.Hide(err.Error()), err)
		}
		s.vault.Also(token)
		return "Bearer " + token, fresh, nil
	case len(auth.Token) > 0:
		return "Bearer " + auth.Token.Reveal(), true, nil
	default:
		value = basicLogin(auth.Username.Reveal(), auth.Password.Reveal())
		s.vault.Also(strings.TrimPrefix(value, "Basic "))
		return value, true, nil
	}
}

func accessToken(ctx context.Context, s *Session, c *transport.Client) (string, bool, error) {
	s.account().Leave()
	defer s.account().Return()
	b := &backchannel{s.network, s.route()}
	return s.network.tokens.Get(ctx, c, b.do)
}

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

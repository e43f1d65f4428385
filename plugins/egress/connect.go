package egress

import (
	"context"
	"net"
	"net/netip"
	"strconv"
	"time"

	"vega/plugins/grant"
	"vega/sdk/abi"
)

// maxTried limits how many addresses of one name are tried.
const maxTried = 8

// timings holds the five phases of http_timing, by number.
type timings [5]time.Duration

// open resolves the rule's host, checks the addresses and connects. network is
// tcp or udp.
func (s *Session) open(ctx context.Context, rule grant.Rule, network string, t *timings) (net.Conn, error) {
	start := time.Now()
	node := s.route().node(rule)
	found, err := s.lookup(ctx, node.Host)
	if err != nil {
		return nil, s.fail(ctx, "resolving "+node.Host, err, abi.ErrIO)
	}
	ips, err := s.allowed(node, node.Host, found)
	if err != nil {
		return nil, err
	}
	resolved := time.Now()
	t[abi.PhaseDNS] += resolved.Sub(start)
	addrs := make([]netip.AddrPort, 0, maxTried)
	for _, ip := range ips[:min(len(ips), maxTried)] {
		addrs = append(addrs, netip.AddrPortFrom(ip, uint16(node.Port)))
	}
	s.account().Pay(Connect, 1)
	conn, err := s.network.dialer.Connect(ctx, network, addrs, s.Sockets)
	if err != nil {
		return nil, s.fail(ctx, "connecting to "+through(rule, node), err, abi.ErrIO)
	}
	t[abi.PhaseConnect] += time.Since(resolved)
	s.peer = conn.RemoteAddr().String()
	return conn, nil
}

func hostPort(r grant.Rule) string { return net.JoinHostPort(r.Host, strconv.Itoa(r.Port)) }

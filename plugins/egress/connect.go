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

const (
	// stagger is how long one address is tried before the next one is tried
	// beside it.
	stagger = 250 * time.Millisecond
	// maxTried bounds the addresses of one name that are tried.
	maxTried = 8
)

// timings are the five phases of http_timing, by their number.
type timings [5]time.Duration

// open resolves the rule's host, judges what it resolved to and connects.
// network is tcp or udp.
func (s *Session) open(ctx context.Context, rule grant.Rule, network string, t *timings) (net.Conn, error) {
	start := time.Now()
	found, err := s.network.lookup(ctx, rule.Host)
	if err != nil {
		return nil, s.fail(ctx, "resolving "+rule.Host, err, abi.ErrDNS)
	}
	ips, err := s.allowed(rule, rule.Host, found)
	if err != nil {
		return nil, err
	}
	resolved := time.Now()
	t[abi.PhaseDNS] += resolved.Sub(start)
	addrs := make([]netip.AddrPort, 0, maxTried)
	for _, ip := range ips[:min(len(ips), maxTried)] {
		addrs = append(addrs, netip.AddrPortFrom(ip, uint16(rule.Port)))
	}
	conn, err := connect(ctx, network, addrs)
	if err != nil {
		return nil, s.fail(ctx, "connecting to "+hostPort(rule), err, abi.ErrIO)
	}
	t[abi.PhaseConnect] += time.Since(resolved)
	return conn, nil
}

func hostPort(r grant.Rule) string { return net.JoinHostPort(r.Host, strconv.Itoa(r.Port)) }

// dialer sends no keep-alive probes: a connection lives for one run.
var dialer = net.Dialer{KeepAlive: -1}

type attempt struct {
	conn net.Conn
	err  error
}

// connect tries the addresses in turn, the next one when one has failed or
// has taken longer than its share, and returns the first connection there is.
// The error is that of the first address.
func connect(ctx context.Context, network string, addrs []netip.AddrPort) (net.Conn, error) {
	if len(addrs) == 0 {
		return nil, &net.DNSError{Err: "the name has no address", IsNotFound: true}
	}
	if len(addrs) == 1 {
		return dialer.DialContext(ctx, network, addrs[0].String())
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan attempt, len(addrs))
	timer := time.NewTimer(stagger)
	defer timer.Stop()
	var first error
	for next, running := 0, 0; ; {
		if next < len(addrs) {
			go try(ctx, network, addrs[next], done)
			next, running = next+1, running+1
			timer.Reset(stagger)
		}
		a, ended := wait(done, timer.C, next < len(addrs))
		if !ended {
			continue
		}
		running--
		if a.err == nil {
			go closeLate(done, running)
			return a.conn, nil
		}
		if first == nil {
			first = a.err
		}
		if running == 0 && next == len(addrs) {
			return nil, first
		}
	}
}

func try(ctx context.Context, network string, addr netip.AddrPort, done chan<- attempt) {
	conn, err := dialer.DialContext(ctx, network, addr.String())
	done <- attempt{conn, err}
}

func wait(done <-chan attempt, tick <-chan time.Time, more bool) (attempt, bool) {
	if !more {
		return <-done, true
	}
	select {
	case a := <-done:
		return a, true
	case <-tick:
		return attempt{}, false
	}
}

// closeLate closes the connections of attempts that came second.
func closeLate(done <-chan attempt, running int) {
	for range running {
		if a := <-done; a.err == nil {
			_ = a.conn.Close()
		}
	}
}

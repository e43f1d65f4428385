package egress

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"vega/plugins/fault"
	"vega/plugins/grant"
	"vega/plugins/icmp"
	"vega/plugins/manifest"
	"vega/plugins/sockets"
	"vega/plugins/span"
	"vega/sdk/abi"
)

// EchoRequest describes echo requests to one host.
type EchoRequest struct {
	Host     string
	Family   int // 4 or 6, or 0 for the first address of the host
	Count    int
	Size     int           // bytes of payload
	TTL      int           // time to live, or hop limit; 0 for the system's default
	Interval time.Duration // between two requests
	Wait     time.Duration // for the reply to each request
}

// Echoes are the results of echo requests.
type Echoes struct {
	Address string // that the requests went to
	Replies []EchoReply
}

// EchoReply is what came back for one request.
type EchoReply struct {
	Arrived    bool
	RTT        time.Duration
	TTL        int // of the reply; 0 if it is not known
	Duplicates int
	Error      int    // type<<8|code of the ICMP error that came instead, or -1
	From       string // that sent the reply or the error, or ""
}

// Limits on echo requests, so that no configuration and no guest makes vega flood a
// network. A request counts as as many packets as Ethernet carries it in.
const (
	maxEchoes       = 100 // of a call
	maxEchoesOfRun  = 200
	maxEchoBytes    = 1 << 20 // of a run, with 28 bytes of headers for each request
	minEchoInterval = 10 * time.Millisecond
	echoHeaders     = 28
	echoFragment    = 1480

	echoRate  = 5000 // packets a second, of all runs
	echoBurst = 5000 // packets at once
	echoSlack = 100 * time.Millisecond
)

// Echo sends echo requests (ICMP) and waits for the replies. The result has a reply
// for each request, and each of them was waited for in full: if the run has not enough
// time for that, Echo returns an error and sends nothing. connect_to does not apply,
// because it replaces a port.
func (s *Session) Echo(ctx context.Context, r EchoRequest) (*Echoes, error) {
	defer s.begin(span.Echo, "ping")()
	found, err := sendEchoes(ctx, s, r)
	if s.call.Recorded() && found != nil {
		s.call.Text(span.PeerAddress, found.Address)
		s.call.Number(span.Answers, int64(found.arrived()))
	}
	s.call.Fail(s.class(err))
	return found, err
}

func sendEchoes(ctx context.Context, s *Session, r EchoRequest) (*Echoes, error) {
	rule, err := judgeEcho(s, r.Host)
	if err == nil {
		err = r.check(ctx, s.echoes)
	}
	if err != nil {
		return nil, err
	}
	held := holding{of: s.account()}
	defer held.release()
	if err := held.grow(packetMemory + 2*r.Size); err != nil {
		return nil, err
	}
	s.account().Leave() // others compute while this run waits
	defer s.account().Return()
	host, _ := grant.Host(r.Host) // parsed already
	ips, err := echoAddresses(ctx, s, r, rule, host)
	if err != nil {
		return nil, err
	}
	s.echoes.requests += r.Count
	s.echoes.bytes += r.bytes()
	if err := s.network.echoes.wait(ctx, r); err != nil {
		return nil, s.fail(ctx, "sending echo requests to "+host, err, abi.ErrIO)
	}
	s.account().Pay(Connect, 1)
	s.account().Pay(Pinged, r.Count)
	s.account().Pay(Moved, 2*r.bytes())
	found, err := pingFirst(ctx, s, ips, r)
	if errors.Is(err, icmp.ErrBroadcast) {
		return nil, s.deny(&grant.Denial{Asked: "an echo request to " + host + " is refused: " + icmp.ErrBroadcast.Error() + ", and would be answered by many hosts"})
	}
	if errors.Is(err, icmp.ErrFlood) {
		return nil, s.fail(ctx, "waiting for echo replies of "+host, err, abi.ErrTarget)
	}
	if err != nil {
		return nil, s.fail(ctx, "sending echo requests to "+host, err, abi.ErrIO)
	}
	return found, nil
}

// echoes counts the echo requests of a run.
type echoes struct{ requests, bytes int }

func (r EchoRequest) bytes() int { return r.Count * (r.Size + echoHeaders) }

// packets returns how many packets the requests are on Ethernet.
func (r EchoRequest) packets() int { return r.Count * (1 + (r.Size+echoHeaders)/echoFragment) }

// lasts returns how long the requests take at most.
func (r EchoRequest) lasts() time.Duration { return time.Duration(r.Count-1)*r.Interval + r.Wait }

// check checks the request against the limits, and against the time that is left.
func (r EchoRequest) check(ctx context.Context, before echoes) error {
	switch {
	case r.Family != 0 && r.Family != 4 && r.Family != 6:
		return invalid("the family of echo requests must be 4, 6 or 0")
	case r.Count < 1 || r.Count > maxEchoes:
		return invalid("a call sends 1 to %d echo requests, not %d", maxEchoes, r.Count)
	case r.Size < 0 || r.Size > icmp.MaxSize:
		return invalid("an echo request has 0 to %d bytes of payload, not %d", icmp.MaxSize, r.Size)
	case r.TTL < 0 || r.TTL > 255:
		return invalid("a time to live is 1 to 255, not %d", r.TTL)
	case r.Wait < time.Millisecond || r.Wait > time.Hour:
		return invalid("the wait for an echo reply is at least 1ms and at most 1h, not %s", r.Wait)
	case r.Count > 1 && (r.Interval < minEchoInterval || r.Interval > time.Hour):
		return invalid("the interval between echo requests is at least %s and at most 1h, not %s", minEchoInterval, r.Interval)
	case before.requests+r.Count > maxEchoesOfRun:
		return invalid("a run sends at most %d echo requests", maxEchoesOfRun)
	case before.bytes+r.bytes() > maxEchoBytes:
		return invalid("a run sends at most %d bytes of echo requests; lower their size or their count", maxEchoBytes)
	}
	if left, ok := timeLeft(ctx); ok && left < r.lasts()+echoSlack {
		return invalid("%d echo requests at intervals of %s and a wait of %s for the last one take %s, but the run has only %s left; raise timeout, or lower the count, the interval or the wait",
			r.Count, r.Interval, r.Wait, r.lasts(), left.Round(10*time.Millisecond))
	}
	return nil
}

func timeLeft(ctx context.Context) (time.Duration, bool) {
	deadline, ok := ctx.Deadline()
	return time.Until(deadline), ok
}

// echoAddresses returns the addresses of the host that may be asked.
func echoAddresses(ctx context.Context, s *Session, r EchoRequest, rule grant.Rule, host string) ([]netip.Addr, error) {
	start := time.Now()
	found, err := s.lookup(ctx, host)
	s.Seen.Lookup(time.Since(start))
	if err != nil {
		return nil, s.fail(ctx, "resolving "+host, err, abi.ErrIO)
	}
	ips, err := s.allowed(rule, host, found)
	if err != nil {
		return nil, err
	}
	for _, ip := range ips {
		if ip.IsMulticast() || ip.IsUnspecified() || ip == netip.AddrFrom4([4]byte{255, 255, 255, 255}) {
			_, what := classify(ip)
			return nil, s.deny(&grant.Denial{Asked: fmt.Sprintf("an echo request to %s is refused: %s is %s, not the address of one host", host, ip, what)})
		}
	}
	if literal, err := netip.ParseAddr(host); err == nil && r.Family != 0 && literal.Unmap().Is4() != (r.Family == 4) {
		return nil, invalid("it is not an IPv%d address; leave family out, or choose the other one", r.Family)
	}
	if r.Family != 0 {
		ips = slices.DeleteFunc(ips, func(ip netip.Addr) bool { return ip.Is4() != (r.Family == 4) })
	}
	if len(ips) == 0 {
		return nil, &Error{Errno: abi.ErrTarget, Text: fmt.Sprintf("the name has no IPv%d address; add one, or choose the other family", r.Family)}
	}
	return ips[:min(len(ips), maxTried)], nil
}

// pingFirst asks the first address that this machine has a route to.
func pingFirst(ctx context.Context, s *Session, ips []netip.Addr, r EchoRequest) (*Echoes, error) {
	release, err := s.Sockets.Take()
	if err != nil {
		return nil, err
	}
	defer release()
	var socket *icmp.Socket
	var ip netip.Addr
	for _, ip = range ips {
		if socket, err = icmp.Open(ip); err == nil || !fault.Unreachable(err) {
			break
		}
	}
	s.peer = netip.AddrPortFrom(ip, 1).String()
	if err != nil {
		return nil, routed(ctx, s.peer, err)
	}
	defer socket.Close()
	s.Seen.Destination(ip)
	if left, ok := timeLeft(ctx); ok && left < r.lasts() {
		return nil, errEchoTime
	}
	replies, err := socket.Ping(ctx, icmp.Request{Count: r.Count, Size: r.Size, TTL: r.TTL, Interval: r.Interval, Wait: r.Wait})
	if errors.Is(err, context.DeadlineExceeded) {
		return nil, errEchoTime
	}
	if err != nil {
		return nil, routed(ctx, s.peer, err)
	}
	out := &Echoes{Address: ip.String()}
	for _, p := range replies {
		e := EchoReply{Arrived: p.Arrived, RTT: p.RTT, TTL: p.TTL, Duplicates: p.Duplicates, Error: p.Error}
		if p.From.IsValid() {
			e.From = p.From.String()
		}
		out.Replies = append(out.Replies, e)
	}
	if out.arrived() == 0 {
		if own := sockets.Path(context.WithoutCancel(ctx), s.peer); own != nil {
			return nil, own
		}
		if own := out.noNetwork(); own != nil {
			return nil, own
		}
	}
	return out, nil
}

// noNetwork returns what a router on the way reports that has no route to the network of
// the address, which says nothing about the target, or nil.
func (e *Echoes) noNetwork() *fault.Own {
	for _, r := range e.Replies {
		kind, code := r.Error>>8, r.Error&0xff
		if v6 := strings.Contains(e.Address, ":"); v6 && kind == 1 && code == 0 || !v6 && kind == 3 && (code == 0 || code == 6 || code == 11) {
			return fault.New(nil, "the router "+r.From+" has no route to "+e.Address+" (ICMP network unreachable)",
				"check its routes and links, and those on the way to it (traceroute "+e.Address+")")
		}
	}
	return nil
}

// routed returns why this machine has no way to the peer, if err may come from that, and
// otherwise err. The kernel has the same errors for its own routes and for the target.
func routed(ctx context.Context, peer string, err error) error {
	if fault.Unreachable(err) {
		if own := sockets.Path(context.WithoutCancel(ctx), peer); own != nil {
			return own
		}
	}
	return err
}

// errEchoTime reports that replies could not be waited for, so that nothing is known of
// the target.
var errEchoTime = fault.New(nil, "too little of the run's time was left to wait for the replies",
	"the name server, other echo requests or this machine took the rest: raise timeout, or make vega's machine less busy")

func (e *Echoes) arrived() (n int) {
	for _, r := range e.Replies {
		if r.Arrived {
			n++
		}
	}
	return n
}

// echoLimit limits the packets of the echo requests of all runs.
type echoLimit struct {
	mu   sync.Mutex
	full time.Time // when all of the packets that were reserved have been sent at the rate
}

// reserve reserves packets, and returns how long to wait before they are sent. It
// reserves nothing if that is longer than patience.
func (l *echoLimit) reserve(packets int, now time.Time, patience time.Duration) (time.Duration, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	from := l.full
	if idle := now.Add(-echoBurst * time.Second / echoRate); from.Before(idle) {
		from = idle
	}
	full := from.Add(time.Duration(packets) * time.Second / echoRate)
	if full.Sub(now) > patience {
		return 0, false
	}
	l.full = full
	return max(0, full.Sub(now)), true
}

// wait waits for the turn of the requests. What is left of the time after it is enough
// for them.
func (l *echoLimit) wait(ctx context.Context, r EchoRequest) error {
	patience := time.Hour
	if left, ok := timeLeft(ctx); ok {
		patience = left - r.lasts()
	}
	wait, ok := l.reserve(r.packets(), time.Now(), patience)
	if !ok {
		return fault.New(nil, "vega sends at most "+strconv.Itoa(echoRate)+" echo requests a second, and others come first",
			"raise the interval of the integrations that send them, or lower their count and size")
	}
	if wait == 0 {
		return nil
	}
	select {
	case <-time.After(wait):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// JudgeEcho returns the error that Echo would return before it sends anything, or nil.
func (s Judge) JudgeEcho(host string) error {
	_, err := judgeEcho(s.Session, host)
	return err
}

// judgeEcho checks a host, and returns the rule that allows it: the one for the host
// itself, if there is one next to a range.
func judgeEcho(s *Session, host string) (grant.Rule, error) {
	if s.vault.Holds([]byte(host)) {
		return grant.Rule{}, s.deny(&grant.Denial{Asked: "an echo request to a host that contains a secret is refused; set the host as a literal in the configuration, without env() or file()"})
	}
	rule, err := s.grants.AllowsICMP(host)
	if err != nil {
		return rule, s.deny(err)
	}
	name, _ := grant.Host(host) // parsed by AllowsICMP
	for _, r := range s.grants.Rules {
		if r.Kind == manifest.ICMP && r.Host == name {
			return r, nil
		}
	}
	return rule, nil
}

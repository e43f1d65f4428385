package icmp_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"vega/daemon/realtest"
	"vega/plugins/icmp"
)

var bothKinds = map[string]bool{"raw socket": false, "ping socket": true}

var bothFamilies = map[string]string{"IPv4": far, "IPv6": far6}

// patient waits long enough for every reply that comes.
var patient = icmp.Request{Count: 5, Size: 56, Interval: 10 * time.Millisecond, Wait: 10 * time.Second}

func always(copies ...time.Duration) fate { return func(int) []time.Duration { return copies } }

func TestPingMeasuresARealHost(t *testing.T) {
	g := newGround(t)
	g.back = always(20 * time.Millisecond)
	for kind, allowed := range bothKinds {
		g.pingGroups(allowed)
		for family, to := range bothFamilies {
			for _, size := range []int{0, 1, 15, 16, 56, 1472, 9000, icmp.MaxSize} {
				t.Run(fmt.Sprint(kind, "/", family, "/", size), func(t *testing.T) {
					r := patient
					r.Size, r.Count, r.Interval = size, 3, 50*time.Millisecond
					for n, reply := range g.ping(to, r) {
						if !reply.Arrived || reply.RTT < 20*time.Millisecond || reply.TTL != 63 || reply.From != netip.MustParseAddr(to) || reply.Error != -1 || reply.Duplicates != 0 {
							t.Errorf("request %d: %+v", n, reply)
						}
					}
				})
			}
		}
	}
}

// The counters of the kernel, as opposed to the probability, say how many replies came.
func TestPingCountsLoss(t *testing.T) {
	g := newGround(t)
	g.pingGroups(true)
	for _, loss := range []int{0, 1, 50, 100} {
		for family, to := range bothFamilies {
			t.Run(fmt.Sprint(loss, "%/", family), func(t *testing.T) {
				g.in(g.near, "nft flush chain inet t lose")
				switch loss {
				case 0:
				case 100:
					g.in(g.near, "nft add rule inet t lose meta l4proto { icmp, icmpv6 } @th,0,8 { 0, 129 } drop")
				default:
					g.in(g.near, fmt.Sprintf("nft add rule inet t lose meta l4proto { icmp, icmpv6 } @th,0,8 { 0, 129 } numgen random mod 100 < %d drop", loss))
				}
				before, sent := g.counted(g.near, "came"), g.counted(g.away, "asked")
				var all sync.WaitGroup
				results := make([]int, 5)
				for i := range results {
					s := g.open(to)
					all.Go(func() {
						found, err := s.Ping(t.Context(), icmp.Request{Count: 100, Size: 56, Interval: 10 * time.Millisecond, Wait: 2 * time.Second})
						if err != nil {
							t.Error(err)
						}
						results[i] = arrived(found)
					})
				}
				all.Wait()
				sum := 0
				for _, n := range results {
					sum += n
				}
				if came, asked := g.counted(g.near, "came")-before, g.counted(g.away, "asked")-sent; sum != came || asked != 500 {
					t.Errorf("%d of 500 arrived; the kernel counted %d requests and %d replies", sum, asked, came)
				}
				if loss == 100 && sum != 0 || loss == 0 && sum != 500 {
					t.Errorf("%d of 500 arrived", sum)
				}
			})
		}
	}
}

// The wire records when it takes each request and brings its reply. The rest of a round
// trip is the kernel's work, and the wire's wait for its turn on a busy machine: so the
// test only requires that no round trip is shorter, and logs the figures of vega and of
// fping next to those of the wire.
func TestPingCountsTheWholeDelayOfTheWire(t *testing.T) {
	fping := realtest.Program(t, "fping", "fping")
	g := newGround(t)
	g.pingGroups(true)
	delays := []time.Duration{5, 25, 10, 40, 15, 5, 30, 20, 35, 10}
	g.back = func(n int) []time.Duration { return []time.Duration{delays[n%len(delays)] * time.Millisecond} }
	var mu sync.Mutex
	taken, brought := map[uint16]time.Time{}, map[uint16]time.Time{}
	g.note = func(p []byte) {
		now := time.Now()
		mu.Lock()
		defer mu.Unlock()
		switch seq := uint16(p[26])<<8 | uint16(p[27]); p[20] { // of IPv4 without options
		case 8:
			taken[seq] = now
		case 0:
			brought[seq] = now
		}
	}
	wire := func() (all []time.Duration) {
		mu.Lock()
		defer mu.Unlock()
		at := slices.SortedFunc(maps.Keys(taken), func(a, b uint16) int { return taken[a].Compare(taken[b]) })
		for _, seq := range at {
			all = append(all, brought[seq].Sub(taken[seq]))
		}
		clear(taken)
		clear(brought)
		return all
	}
	var measured []time.Duration
	for _, r := range g.ping(far, icmp.Request{Count: 20, Size: 56, Interval: 60 * time.Millisecond, Wait: 10 * time.Second}) {
		measured = append(measured, r.RTT)
	}
	compare := func(who string, measured, wire []time.Duration, rounding time.Duration) {
		if len(measured) != len(wire) || len(wire) != 20 {
			t.Fatalf("%s measured %d round trips, the wire %d", who, len(measured), len(wire))
		}
		for n := range measured {
			if measured[n]+rounding < wire[n] {
				t.Errorf("%s: round trip %d took %v, on the wire %v", who, n, measured[n], wire[n])
			}
		}
		t.Logf("%s: jitter %v, of the wire %v; the difference is %v", who, jitterOf(measured), jitterOf(wire), (jitterOf(measured) - jitterOf(wire)).Abs())
	}
	compare("vega", measured, wire(), 0)
	text := g.in(g.near, fping+" -q -C 20 -p 60 -t 10000 "+far)
	_, text, _ = strings.Cut(text, ":")
	measured = nil
	for _, field := range strings.Fields(text) {
		ms, err := time.ParseDuration(field + "ms")
		if err != nil {
			t.Fatal(text)
		}
		measured = append(measured, ms)
	}
	compare("fping", measured, wire(), 100*time.Microsecond) // it writes three digits
}

// jitterOf returns the mean difference between successive round trip times.
func jitterOf(all []time.Duration) (sum time.Duration) {
	for n := range all[1:] {
		sum += (all[n+1] - all[n]).Abs()
	}
	return sum / time.Duration(len(all)-1)
}

func TestPingCountsDuplicates(t *testing.T) {
	g := newGround(t)
	g.back = always(0, 0)
	replies := g.ping(far, patient)
	for n, r := range replies[:len(replies)-1] { // the last one may come after its call
		if !r.Arrived || r.Duplicates != 1 {
			t.Errorf("request %d: %+v", n, r)
		}
	}
}

func TestPingSortsReorderedReplies(t *testing.T) {
	g := newGround(t)
	g.back = func(n int) []time.Duration { return []time.Duration{time.Duration(100-n%10*9) * time.Millisecond} }
	for n, r := range g.ping(far, icmp.Request{Count: 50, Size: 56, Interval: 10 * time.Millisecond, Wait: 10 * time.Second}) {
		if !r.Arrived || r.RTT < 9*time.Millisecond || r.Duplicates != 0 {
			t.Errorf("request %d: %+v", n, r)
		}
	}
}

// A reply that comes after its wait, while others are waited for, does not count.
func TestPingDoesNotCountLateReplies(t *testing.T) {
	g := newGround(t)
	g.back = always(300 * time.Millisecond)
	r := icmp.Request{Count: 10, Size: 56, Interval: 100 * time.Millisecond, Wait: 200 * time.Millisecond}
	if replies := g.ping(far, r); arrived(replies) != 0 {
		t.Errorf("%+v", replies)
	}
	if came := g.counted(g.near, "came"); came == 0 {
		t.Error("no late reply came while the call waited")
	}
}

func TestPingReportsICMPErrors(t *testing.T) {
	g := newGround(t)
	for kind, allowed := range bothKinds {
		g.pingGroups(allowed)
		for _, c := range []struct {
			name, to, from string
			ttl, code      int
		}{
			{"no such host on this network", "10.99.0.77", near, 0, 3<<8 | 1},
			{"no route at the router", unrouted, nearRouter, 0, 3<<8 | 1},
			{"time exceeded", far, nearRouter, 1, 11 << 8},
			{"time exceeded/IPv6", far6, nearRouter6, 1, 3 << 8},
			{"no such host on this network/IPv6", "fd99:0::77", near6, 0, 1<<8 | 3},
		} {
			t.Run(kind+"/"+c.name, func(t *testing.T) {
				r := patient
				r.TTL, r.Count, r.Interval = c.ttl, 3, 100*time.Millisecond
				for n, reply := range g.ping(c.to, r) {
					if reply.Arrived || reply.Error != c.code || reply.From != netip.MustParseAddr(c.from) {
						t.Errorf("request %d: %+v, error %d/%d", n, reply, reply.Error>>8, reply.Error&255)
					}
				}
			})
		}
	}
}

// forge answers every request that reaches the router with what a forger can make
// without having seen its payload, from the address that was asked and from others.
func forge(t *testing.T, g *ground, from string, payload func([]byte) []byte) {
	t.Helper()
	g.in(g.away, "nft add rule inet t in icmp type echo-request drop") // the host itself is silent
	var fd int
	var err error
	g.within(g.away, func() {
		if fd, err = unix.Socket(unix.AF_INET, unix.SOCK_RAW, unix.IPPROTO_ICMP); err == nil {
			err = errors.Join(unix.SetsockoptInt(fd, unix.SOL_IP, unix.IP_FREEBIND, 1), unix.Bind(fd, &unix.SockaddrInet4{Addr: netip.MustParseAddr(from).As4()}))
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	var tap int
	g.within(g.away, func() {
		tap, err = unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM, int(htons(unix.ETH_P_IP)))
	})
	if err != nil {
		t.Fatal(err)
	}
	_ = unix.SetsockoptTimeval(tap, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Usec: 50_000})
	stop := make(chan struct{})
	var done sync.WaitGroup
	done.Go(func() {
		buf := make([]byte, 2048)
		for {
			select {
			case <-stop:
				return
			default:
			}
			n, _, err := unix.Recvfrom(tap, buf, 0)
			if err != nil || n < 28 || buf[9] != unix.IPPROTO_ICMP || buf[20] != 8 {
				continue
			}
			m := append([]byte(nil), buf[20:n]...)
			m[0], m[2], m[3] = 0, 0, 0
			m = append(m[:8], payload(m[8:])...)
			sum := uint32(0)
			for i := 0; i+1 < len(m); i += 2 {
				sum += uint32(m[i])<<8 | uint32(m[i+1])
			}
			for sum > 0xffff {
				sum = sum>>16 + sum&0xffff
			}
			m[2], m[3] = byte(^sum>>8), byte(^sum)
			_ = unix.Sendto(fd, m, 0, &unix.SockaddrInet4{Addr: netip.MustParseAddr(near).As4()})
		}
	})
	t.Cleanup(func() { close(stop); done.Wait(); _, _ = unix.Close(fd), unix.Close(tap) })
}

func htons(n uint16) uint16 { return n<<8 | n>>8 }

func TestPingIgnoresForgedReplies(t *testing.T) {
	whole := func(b []byte) []byte { return b }
	for name, c := range map[string]struct {
		from    string
		payload func([]byte) []byte
		counts  bool
	}{
		"faithful":               {far, whole, true}, // so that the others fail for what they change
		"cut":                    {far, func(b []byte) []byte { return b[:16] }, true},
		"another token":          {far, func(b []byte) []byte { b[3] ^= 1; return b }, false},
		"no payload":             {far, func([]byte) []byte { return nil }, false},
		"from another address":   {neighbor, whole, false},
		"from another, no token": {neighbor, func(b []byte) []byte { return make([]byte, len(b)) }, false},
	} {
		for kind, allowed := range bothKinds {
			t.Run(name+"/"+kind, func(t *testing.T) {
				g := newGround(t)
				g.pingGroups(allowed)
				forge(t, g, c.from, c.payload)
				r := icmp.Request{Count: 3, Size: 56, Interval: 10 * time.Millisecond, Wait: 500 * time.Millisecond}
				if c.counts {
					r.Wait = patient.Wait
				}
				if n := arrived(g.ping(far, r)); n != 0 && !c.counts || c.counts && n != 3 {
					t.Errorf("%d of 3 count", n)
				}
				if g.counted(g.near, "came") == 0 {
					t.Error("no reply came")
				}
			})
		}
	}
}

func TestOpenRefusesBroadcast(t *testing.T) {
	g := newGround(t)
	g.in(g.near, "ip route add prohibit 10.98.0.0/16")
	for kind, allowed := range bothKinds {
		g.pingGroups(allowed)
		for to, broadcast := range map[string]bool{"10.99.0.255": true, "255.255.255.255": true, "10.98.0.1": false} {
			var err error
			g.within(g.near, func() { _, err = icmp.Open(netip.MustParseAddr(to)) })
			if err == nil || errors.Is(err, icmp.ErrBroadcast) != broadcast {
				t.Errorf("%s with a %s: %v", to, kind, err)
			}
		}
	}
}

func TestPingEndsWithItsContext(t *testing.T) {
	g := newGround(t)
	g.back = always()
	s := g.open(far)
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	r := patient
	r.Wait = time.Hour
	if _, err := s.Ping(ctx, r); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// A raw socket receives the replies to others, too. Those that did not fit before its call
// say nothing about the replies to its own requests.
func TestPingIgnoresWhatWasDroppedBefore(t *testing.T) {
	g := newGround(t)
	g.pingGroups(false)
	s, other := g.open(far), g.open(far)
	flood := icmp.Request{Count: 30, Size: 60000, Interval: time.Millisecond, Wait: 10 * time.Second}
	if _, err := other.Ping(t.Context(), flood); err != nil { // fills the buffer of s
		t.Fatal(err)
	}
	g.back = always()
	found, err := s.Ping(t.Context(), icmp.Request{Count: 2, Size: 56, Interval: time.Millisecond, Wait: 100 * time.Millisecond})
	if err != nil || arrived(found) != 0 {
		t.Errorf("%d arrived: %v", arrived(found), err)
	}
}

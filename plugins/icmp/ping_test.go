package icmp

import (
	"net/netip"
	"testing"
	"time"
)

// The round trip time is the difference of the kernel's times, to the nanosecond, however
// late this process reads them.
func TestRoundTripIsOfTheKernelTimes(t *testing.T) {
	to := netip.MustParseAddr("10.0.0.5")
	delays := []time.Duration{5, 25_000_017, 10, 40_123_456, 900_000_001}
	p := &pinger{
		Request: Request{Size: 0, Wait: time.Second}, socket: &Socket{to: to}, tokens: make([]byte, len(delays)*tokenSize),
		first: 65534, requests: make([]request, len(delays)),
	}
	began := time.Now().Add(-10 * time.Second) // what follows is read 10 seconds later
	for n, delay := range delays {
		r := &p.requests[n]
		r.before = began.Add(time.Duration(n) * time.Millisecond)
		r.after = r.before.Add(500 * time.Microsecond)
		p.sent, p.open = p.sent+1, p.open+1
		sent := r.before.Round(0).Add(123 * time.Microsecond)
		p.take(event{kind: sending, at: sent})
		m := newPacket(false, 7, 0)
		number(m, p.first+uint16(n), nil)
		p.take(event{kind: reply, message: m, from: to, at: sent.Add(delay)})
		if !r.Arrived || r.RTT != delay {
			t.Errorf("request %d: %+v, want %v", n, r.Reply, delay)
		}
	}
	if p.open != 0 {
		t.Errorf("%d requests are open", p.open)
	}
}

// A host that repeats a reply without end ends the ping, although another reply is still
// waited for.
func TestFloodOfRepliesEndsThePing(t *testing.T) {
	to := netip.MustParseAddr("10.0.0.5")
	p := &pinger{
		Request: Request{Wait: time.Second}, socket: &Socket{to: to}, tokens: make([]byte, 2*tokenSize),
		requests: make([]request, 2), sent: 2, open: 2,
	}
	for n := range p.requests {
		p.requests[n].before, p.requests[n].Error = time.Now(), -1
	}
	m := newPacket(false, 7, 0)
	number(m, 0, nil)
	for range 1 + maxStray {
		p.take(event{kind: reply, message: m, from: to})
	}
	if p.stray != maxStray || p.requests[0].Duplicates != maxStray || p.open != 1 {
		t.Errorf("%d stray, %d duplicates, %d open", p.stray, p.requests[0].Duplicates, p.open)
	}
}

package icmp

import (
	"net/netip"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Each message that is received is followed by another, as from a host that sends faster
// than this one receives.
func TestLookEndsUnderAFlood(t *testing.T) {
	s, err := Open(netip.MustParseAddr("127.0.0.1"))
	if err != nil {
		t.Skip("this machine does not let the test send echo requests: ", err)
	}
	defer s.Close()
	if err := s.prepare(Request{}); err != nil {
		t.Fatal(err)
	}
	p := newPacket(false, 7, 0)
	number(p, 1, nil)
	received := 0
	again := func(event) {
		if received++; received > 10*maxLook {
			panic("it receives without end")
		}
		_ = s.conn.Control(func(fd uintptr) { _ = unix.Send(int(fd), p, unix.MSG_NOSIGNAL) })
	}
	if err := s.send(p, func(event) {}); err != nil {
		t.Fatal(err)
	}
	if err := s.receive(t.Context(), time.Time{}, again); err != nil {
		t.Fatal(err)
	}
	if received < maxLook/2 {
		t.Errorf("the test floods nothing: %d messages", received)
	}
}

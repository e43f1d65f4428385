package reach

import (
	"fmt"
	"testing"
	"time"
)

// TestICMP pings addresses in another namespace of the kernel.
func TestICMP(t *testing.T) {
	t.Parallel()
	half := func(n byte) func(w *wire, p []byte) {
		return func(w *wire, p []byte) {
			if w.seen[n]%2 == 1 {
				w.deliver(p)
			}
		}
	}
	does := map[byte]func(w *wire, packet []byte){
		2: func(w *wire, p []byte) { w.later(60*time.Millisecond, p) },
		3: half(3), 14: half(14), 15: half(15), 16: half(16), // one for each row, because they run together
		4:  func(*wire, []byte) {},
		5:  func(w *wire, p []byte) { w.deliver(p); w.deliver(p) },
		6:  func(w *wire, p []byte) { w.later(time.Duration(w.seen[6]%2)*time.Second, p) },
		10: func(w *wire, p []byte) { w.later(time.Hour, p) },
		11: func(w *wire, p []byte) { w.answer(reply(p, [4]byte{10, 240, 0, 2}, nil)) },
		12: func(w *wire, p []byte) {
			w.answer(reply(p, [4]byte{10, 240, 1, 12}, func(b []byte) { b[2] ^= 0x55 })) // another sequence number
		},
	}
	w := newWire(t, does)
	w.far.sh(t, `for n in 1 2 3 4 5 6 10 11 12 14 15 16; do ip addr add 10.240.1.$n/32 dev lo; done
ip route add unreachable 10.240.1.7; ip route add unreachable 10.240.1.17; ip route add prohibit 10.240.1.8; ip route add 10.240.1.9 dev w0; ip route add blackhole 10.240.1.13`)
	// The kernel reports five errors and then one a second to each address that asks.
	w.near.sh(t, `ip addr add 10.240.0.18/24 dev w0; ip route add 10.241.0.0/16 via 10.240.0.2 src 10.240.0.18; for n in 7 8 17; do ip addr add 10.240.0.$n/24 dev w0; ip route add 10.240.1.$n/32 dev w0 src 10.240.0.$n; done`)
	ping := func(last int, more string) string {
		return fmt.Sprintf("    host     = \"10.240.1.%d\"\n    count    = 4\n    interval = \"100ms\"\n    wait     = \"WAIT\"\n%s", last, more)
	}
	check(t, "icmp", place{namespace: w.near}, []row{
		{does: "answers", config: ping(1, ""), status: "healthy", message: "10.240.1.1"},
		{does: "answers over IPv6", config: "    host  = \"fd40::2\"\n    count = 2\n    interval = \"100ms\"\n    wait  = \"WAIT\"", status: "healthy", message: "fd40::2"},
		{does: "answers 4,000 bytes in fragments", config: ping(1, "    size = 4000"), status: "healthy", message: "10.240.1.1"},
		{does: "60 ms later, with max_rtt of 20 ms", config: ping(2, `    max_rtt = "20ms"`), status: "degraded", cause: "target", message: "ms"},
		{does: "drops every second request", lets: true, config: ping(3, ""), status: "degraded", cause: "target", message: "50 %"},
		{does: "drops every second request, with max_loss of 40", lets: true, config: ping(14, "    max_loss = 40"), status: "unhealthy", cause: "target", message: "50 %"},
		{does: "drops every second request, with degraded_loss of 60", lets: true, config: ping(15, "    degraded_loss = 60"), status: "healthy", message: "10.240.1.15"},
		{does: "drops all requests", lets: true, config: ping(4, ""), status: "unhealthy", cause: "target", message: "10.240.1.4"},
		{does: "receives each request twice", config: ping(5, ""), status: "healthy", message: "10.240.1.5"},
		{does: "delays every second request by a second, with max_jitter of 20 ms", config: ping(6, `    max_jitter = "20ms"`), status: "degraded", cause: "target", message: "jitter"},
		{does: "has no route (host unreachable)", config: ping(7, ""), status: "unhealthy", cause: "target", message: "unreachable"},
		{does: "prohibits it (administratively)", config: ping(8, ""), status: "unhealthy", cause: "target", message: "prohibited"},
		{does: "routes in a circle (time exceeded)", config: ping(9, ""), status: "unhealthy", cause: "target", message: "time"},
		{does: "answers after the deadline", lets: true, config: ping(10, ""), status: "unhealthy", cause: "target", message: "10.240.1.10"},
		{does: "answers from another address (spoofed)", lets: true, config: ping(11, ""), status: "unhealthy", cause: "target", message: "10.240.1.11"},
		{does: "answers with another sequence number (spoofed)", lets: true, config: ping(12, ""), status: "unhealthy", cause: "target", message: "10.240.1.12"},
		{does: "discards all (blackhole)", lets: true, config: ping(13, ""), status: "unhealthy", cause: "target", message: "10.240.1.13"},
		{does: "is in a network to which a router has no route", config: "    host = \"10.241.0.1\"", status: "unknown", cause: "host", message: "10.240.0.2 has no route"},
		{does: "is in a network without a route", config: "    host = \"10.250.0.1\"", status: "unknown", cause: "host", message: "no usable route"},
	})
	check(t, "icmp", place{namespace: w.near, user: "65534"}, []row{
		{does: "answers, but the kernel allows vega no ping", config: ping(1, ""), status: "unknown", cause: "host", message: "ping_group_range"},
	})
	w.near.sh(t, `sysctl -qw "net.ipv4.ping_group_range=0 2147483647"`)
	check(t, "icmp", place{namespace: w.near, user: "65534"}, []row{
		{does: "answers an unprivileged ping socket", config: ping(1, ""), status: "healthy", message: "10.240.1.1"},
		{does: "drops every second request of an unprivileged ping socket", lets: true, config: ping(16, ""), status: "degraded", cause: "target", message: "50 %"},
		{does: "has no route, seen by an unprivileged ping socket", config: ping(17, ""), status: "unhealthy", cause: "target", message: "unreachable"},
	})
}

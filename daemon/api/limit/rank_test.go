package limit

import (
	"fmt"
	"strings"
	"testing"
)

// flood opens connections from a number of addresses in turn, sends text on each,
// and returns when all are accepted.
func (h *testServer) flood(addresses, connections int, text string) {
	h.t.Helper()
	var last *caller
	for n := range connections {
		last = h.dial(fmt.Sprintf("127.0.3.%d", n%addresses+1))
		if text != "" {
			last.say(text)
		}
	}
	if text == "" && !last.alive() {
		h.t.Error("the last connection of the flood was not accepted")
	}
	if last = h.dial("127.0.3.1"); !last.alive() { // it came last
		h.t.Error("the connection after the flood was not accepted")
	}
}

// TestFloodKeepsSlowClient checks that a client that is slow to send its request is
// answered, however many connections others open meanwhile.
func TestFloodKeepsSlowClient(t *testing.T) {
	for _, c := range []struct {
		limits    Limits
		addresses int
	}{
		{Limits{Connections: 3, PerClient: 3, Spare: 1}, 1},
		{Limits{Connections: 7, PerClient: 6, Spare: 1}, 1},
		{Limits{Connections: 7, PerClient: 6, Spare: 1}, 2},
		{Limits{Connections: 7, PerClient: 6, Spare: 1}, 6},
		{Limits{Connections: 20, PerClient: 10, Spare: 2}, 2},
		{Limits{Connections: 20, PerClient: 10, Spare: 2}, 6},
		{Limits{Connections: 20, PerClient: 20, Spare: 2}, 19},
	} {
		for kind, text := range map[string]string{"silent": "", "half a header": "GET /healthz HTTP/1.1\r\nX-Drip: "} {
			t.Run(fmt.Sprintf("%s, %d addresses, %d of %d", kind, c.addresses, c.limits.PerClient, c.limits.Connections), func(t *testing.T) {
				h := open(t, c.limits)
				early := h.dial()
				h.flood(c.addresses, 200, text)
				if got := early.ask("/admin/plugins", withKey).status(); got != 200 {
					t.Errorf("client from before the flood: %d", got)
				}
				_ = early.Close()
				amid := h.dial().say("GET /admin/plugins HTTP/1.1\r\nHo")
				h.flood(c.addresses, 200, text)
				if got := amid.say("st: vega\r\n" + withKey + "\r\n").status(); got != 200 {
					t.Errorf("client during the flood: %d", got)
				}
			})
		}
	}
}

// TestLargestClientIsEvictedFirst checks the order of evictions: the longest idle
// connection of the client with the most, and among equals the longest idle of all.
func TestLargestClientIsEvictedFirst(t *testing.T) {
	h := open(t, Limits{Connections: 6, PerClient: 6, Spare: 1})
	one := h.dial("127.0.0.2")
	two := []*caller{h.dial("127.0.0.3"), h.dial("127.0.0.3")}
	three := []*caller{h.dial("127.0.0.4"), h.dial("127.0.0.4"), h.dial("127.0.0.4")}
	var others []*caller
	expect := func(when string, callers map[*caller]bool) {
		t.Helper()
		for c, want := range callers {
			if got := h.serves(c); got != want {
				t.Errorf("%s, %v: served %v, want %v", when, c.LocalAddr(), got, want)
			}
		}
	}
	connect := func(n int) {
		t.Helper()
		c := h.dial(fmt.Sprintf("127.0.4.%d", n))
		others = append(others, c)
		h.arrived(c)
	}
	connect(1)
	expect("after one", map[*caller]bool{one: true, two[0]: true, two[1]: true, three[0]: false, three[1]: true})
	connect(2)
	expect("after two", map[*caller]bool{one: true, two[0]: false, two[1]: true, three[1]: true, three[2]: true})
	connect(3)
	expect("after three", map[*caller]bool{one: true, two[1]: true, three[1]: false, three[2]: true})
	connect(4) // six clients with one each
	expect("after four", map[*caller]bool{one: false, two[1]: true, three[2]: true, others[0]: true})
	again := h.dial("127.0.4.1")
	h.arrived(again)
	expect("a second of one client", map[*caller]bool{others[0]: false, again: true, two[1]: true, three[2]: true, others[3]: true})
}

// arrived waits until a connection was accepted.
func (h *testServer) arrived(c *caller) {
	h.t.Helper()
	h.until(func() bool { return h.serves(c) })
}

// serves reports whether the limiter keeps a connection.
func (h *testServer) serves(c *caller) bool {
	h.limiter.mu.Lock()
	defer h.limiter.mu.Unlock()
	return h.seen(c)
}

// seen reports whether a connection is idle. The caller holds Limiter.mu.
func (h *testServer) seen(c *caller) bool {
	for _, own := range h.limiter.idleClients {
		for e := own.idle.Front(); e != nil; e = e.Next() {
			if e.Value.(*connection).RemoteAddr().String() == c.LocalAddr().String() {
				return true
			}
		}
	}
	return false
}

// TestSecondConnectionDoesNotEvictOnlyOnes checks that a second connection of one
// client does not evict the only one of another, until it sends a request with a
// key.
func TestSecondConnectionDoesNotEvictOnlyOnes(t *testing.T) {
	h := open(t, Limits{Connections: 3, PerClient: 3, Spare: 1})
	busy := h.dial("127.0.0.2").ask("/held", withKey)
	<-h.asked
	lone := []*caller{h.dial("127.0.0.3"), h.dial("127.0.0.4")}
	h.waitIdle(2)
	if _, body := h.dial("127.0.0.2").ask("/healthz", "").hear(); !strings.Contains(body, "as server.max_connections allows") {
		t.Errorf("without a key: %s", body)
	}
	if !h.serves(lone[0]) || !h.serves(lone[1]) {
		t.Error("the only connection of a client was evicted")
	}
	if got := h.dial("127.0.0.2").ask("/admin/plugins", withKey).status(); got != 200 {
		t.Errorf("with a key: %d", got)
	}
	if h.serves(lone[0]) || !h.serves(lone[1]) {
		t.Error("want the first one evicted, and only that")
	}
	close(h.release)
	if got := busy.status(); got != 200 {
		t.Errorf("in flight: %d", got)
	}
}

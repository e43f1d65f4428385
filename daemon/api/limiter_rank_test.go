package api

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"strings"
	"testing"

	"vega/daemon/telemetry"
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
				h := open(t, &fake{}, ServerOptions{Limits: c.limits}, nil)
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
	h := open(t, &fake{}, ServerOptions{Limits: Limits{Connections: 6, PerClient: 6, Spare: 1}}, nil)
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
	h.until(func() bool { return h.seen(c) })
}

// serves reports whether the limiter keeps a connection.
func (h *testServer) serves(c *caller) bool {
	h.limiter.mu.Lock()
	defer h.limiter.mu.Unlock()
	return h.seen(c)
}

// seen reports whether a connection is idle. The caller holds limiter.mu.
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
	d := newHeld()
	h := open(t, d, ServerOptions{Limits: Limits{Connections: 3, PerClient: 3, Spare: 1}}, nil)
	busy := h.dial("127.0.0.2").ask("/admin/integrations/health", withKey)
	<-d.asked
	lone := []*caller{h.dial("127.0.0.3"), h.dial("127.0.0.4")}
	h.waitIdle(2)
	if _, _, body := h.dial("127.0.0.2").ask("/healthz", "").hear(); !strings.Contains(body, "as server.max_connections allows") {
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
	close(d.release)
	if got := busy.status(); got != 200 {
		t.Errorf("in flight: %d", got)
	}
}

// TestHTTP2IdleConnectionStays checks that an HTTP/2 connection between requests
// stays open while another client opens more and more of them.
func TestHTTP2IdleConnectionStays(t *testing.T) {
	certFile, keyFile := pair(t, t.TempDir(), 1)
	h := open(t, &fake{}, ServerOptions{Limits: Limits{Connections: 4, PerClient: 4, Spare: 1}, CertFile: certFile, KeyFile: keyFile}, nil)
	trust := &tls.Config{InsecureSkipVerify: true} //nolint:gosec // the peer is the test's own
	tr := &http.Transport{TLSClientConfig: trust, ForceAttemptHTTP2: true}
	t.Cleanup(tr.CloseIdleConnections)
	reused := false
	get := func() int {
		r := request(t, "GET", h.URL()+"/admin/plugins", nil)
		r.Header.Set("X-API-Key", key)
		trace := &httptrace.ClientTrace{GotConn: func(i httptrace.GotConnInfo) { reused = i.Reused }}
		res, err := tr.RoundTrip(r.WithContext(httptrace.WithClientTrace(r.Context(), trace)))
		if err != nil {
			return 0
		}
		_ = res.Body.Close()
		return res.StatusCode
	}
	if got := get(); got != 200 {
		t.Fatal(got)
	}
	h.waitIdle(1)
	for range 20 {
		config := trust.Clone()
		config.NextProtos = []string{"h2"}
		c := tls.Client(h.dial("127.0.0.2"), config)
		if err := c.HandshakeContext(t.Context()); err != nil {
			t.Fatal(err)
		}
		_, _ = c.Write([]byte("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"))
	}
	if got := get(); got != 200 || !reused {
		t.Errorf("after the flood: %d, same connection: %v", got, reused)
	}
}

// TestRefusalsNameTheSetting checks that each refusal names the setting that limits
// it.
func TestRefusalsNameTheSetting(t *testing.T) {
	one, other := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	for _, c := range []struct {
		limits        Limits
		busy          netip.Addr
		authenticated bool
		want          string
		connection    bool // one more than allowed, of a client whose others are busy
	}{
		{Limits{Connections: 2, PerClient: 2}, other, true, exceedsRequests, false},
		{Limits{Connections: 9, PerClient: 2}, one, true, exceedsClientRequests, false},
		{Limits{Connections: 4, PerClient: 9}, other, false, exceedsAnonymous, false},
		{Limits{Connections: 9, PerClient: 4}, one, false, exceedsClientAnonymous, false},
		{Limits{Connections: 9, PerClient: 3}, one, true, exceedsClientConnections, true},
		{Limits{Connections: 9, PerClient: 9}, one, true, "", false},
	} {
		d := newLimiter(nil, c.limits, telemetry.NewLog(&logged{}, true).Logger)
		enter := func(from netip.Addr, spare bool) string {
			v := &connection{limiter: d, from: from, spare: spare}
			d.add(v)
			return d.admit(&inFlight{connection: v, from: from, authenticated: c.authenticated})
		}
		for range 2 {
			if got := enter(c.busy, false); got != "" {
				t.Errorf("%+v: %s", c.limits, got)
			}
		}
		if c.connection {
			d.add(&connection{limiter: d, from: one})
		}
		if got := enter(one, c.connection); got != c.want {
			t.Errorf("%+v: %q, want %q", c.limits, got, c.want)
		}
	}
}

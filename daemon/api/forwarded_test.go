package api

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"vega/daemon/telemetry"
)

func proxies(t *testing.T, texts ...string) (all []netip.Prefix) {
	t.Helper()
	for _, s := range texts {
		p, err := netip.ParsePrefix(s)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	return all
}

// TestClientBehindProxies checks the client of X-Forwarded-For and Forwarded.
func TestClientBehindProxies(t *testing.T) {
	trusted := proxies(t, "10.0.0.0/8", "127.0.0.1/32", "2001:db8:1::/48")
	for _, c := range []struct {
		remote, xff, forwarded, want string
	}{
		{"192.0.2.1", "203.0.113.9", "", "192.0.2.1"}, // not a trusted proxy
		{"192.0.2.1", "", "for=203.0.113.9", "192.0.2.1"},
		{"10.0.0.1", "", "", "10.0.0.1"},
		{"10.0.0.1", "203.0.113.9", "", "203.0.113.9"},
		{"10.0.0.1", "1.1.1.1, 203.0.113.9", "", "203.0.113.9"}, // the client set the first one itself
		{"10.0.0.1", "1.1.1.1, 203.0.113.9, 10.0.0.2, 127.0.0.1", "", "203.0.113.9"},
		{"10.0.0.1", "1.1.1.1|203.0.113.9", "", "203.0.113.9"}, // two headers
		{"10.0.0.1", "10.0.0.3, 10.0.0.2", "", "10.0.0.3"},     // all are proxies
		{"10.0.0.1", "203.0.113.9:4711", "", "203.0.113.9"},
		{"10.0.0.1", "[2001:db8::7]:4711", "", "2001:db8::7"},
		{"10.0.0.1", "2001:db8::7", "", "2001:db8::7"},
		{"10.0.0.1", "::ffff:203.0.113.9", "", "203.0.113.9"},
		{"10.0.0.1", "fe80::1%eth0", "", "fe80::1"},
		{"::ffff:10.0.0.1", "203.0.113.9", "", "203.0.113.9"},
		{"2001:db8:1::5", "203.0.113.9", "", "203.0.113.9"},
		{"10.0.0.1", "1.1.1.1, unknown", "", "10.0.0.1"},
		{"10.0.0.1", "1.1.1.1, unknown, 10.0.0.2", "", "10.0.0.2"},
		{"10.0.0.1", "203.0.113.9,", "", "10.0.0.1"},
		{"10.0.0.1", "\"203.0.113.9\"", "", "10.0.0.1"},
		{"10.0.0.1", "", "for=203.0.113.9", "203.0.113.9"},
		{"10.0.0.1", "", "For=1.1.1.1, proto=https;FOR=\"203.0.113.9:80\";by=10.0.0.1", "203.0.113.9"},
		{"10.0.0.1", "", "for=\"[2001:db8::7]:4711\", for=10.0.0.2", "2001:db8::7"},
		{"10.0.0.1", "", "for=1.1.1.1|for=203.0.113.9", "203.0.113.9"},
		{"10.0.0.1", "", "for=1.1.1.1, for=_hidden", "10.0.0.1"},
		{"10.0.0.1", "", "for=1.1.1.1, proto=http", "10.0.0.1"},
		{"10.0.0.1", "", "for=\"1.1.1.1, for=203.0.113.9", "10.0.0.1"}, // unterminated quote
		{"10.0.0.1", "", "for=\"a\\\", b\", for=203.0.113.9", "203.0.113.9"},
		{"10.0.0.1", "203.0.113.9", "for=203.0.113.9", "203.0.113.9"},
		{"10.0.0.1", "203.0.113.9", "for=1.1.1.1", "10.0.0.1"}, // the client set one of them
	} {
		h := http.Header{}
		for name, values := range map[string]string{"X-Forwarded-For": c.xff, "Forwarded": c.forwarded} {
			if values != "" {
				h[name] = strings.Split(values, "|")
			}
		}
		if got := forwardedClient(normalize(netip.MustParseAddr(c.remote)), trusted, h); got.String() != c.want {
			t.Errorf("from %s, X-Forwarded-For %q, Forwarded %q: %s, want %s", c.remote, c.xff, c.forwarded, got, c.want)
		}
	}
}

// FuzzForwarded checks that nothing a client sends hides what the proxy appends.
func FuzzForwarded(f *testing.F) {
	f.Add("for=\"[2001:db8::7]:4711\";by=x, for=10.0.0.2", "1.1.1.1, 2.2.2.2")
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	remote := netip.MustParseAddr("10.0.0.1")
	f.Fuzz(func(t *testing.T, forwarded, xff string) {
		// The entry that the proxy appends decides, whatever precedes it.
		for name, h := range map[string]http.Header{
			"Forwarded":       {"Forwarded": {forwarded, "for=203.0.113.9"}},
			"X-Forwarded-For": {"X-Forwarded-For": {xff + ", 203.0.113.9"}},
		} {
			if got := forwardedClient(remote, trusted, h); got != netip.MustParseAddr("203.0.113.9") {
				t.Errorf("%s: %s", name, got)
			}
		}
		got := forwardedClient(remote, trusted, http.Header{"Forwarded": {forwarded}, "X-Forwarded-For": {xff}})
		if !got.IsValid() {
			t.Errorf("%q %q: no client", forwarded, xff)
		}
	})
}

func TestClientAddress(t *testing.T) {
	for in, want := range map[string]string{
		"192.0.2.1": "192.0.2.1", "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::", "::1": "::",
	} {
		if got := clientAddress(netip.MustParseAddr(in)); got.String() != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}

// TestTrustedProxy checks that the connections of a trusted proxy do not count as
// one client's, that its requests count for their clients, and that the log names
// these.
func TestTrustedProxy(t *testing.T) {
	d := newHeld()
	h := open(t, d, ServerOptions{Limits: Limits{Connections: 40, PerClient: 2, Spare: 2, Trusted: proxies(t, "127.0.0.1/32")}}, nil)
	behind := func(client string) string { return withKey + "X-Forwarded-For: " + client + "\r\n" }
	var busy []*caller
	for n := range 10 {
		busy = append(busy, h.dial().ask("/admin/integrations/health", behind(fmt.Sprintf("203.0.113.%d", n/2))))
		<-d.asked
	}
	if got := h.dial().ask("/admin/plugins", behind("203.0.113.4")).status(); got != 503 {
		t.Errorf("third request of a client: %d", got)
	}
	if got := h.dial().ask("/admin/plugins", behind("203.0.113.99")).status(); got != 200 {
		t.Errorf("another client: %d", got)
	}
	if got := h.dial("127.0.0.2").ask("/admin/plugins", behind("203.0.113.4")).status(); got != 200 {
		t.Errorf("forwarded by an untrusted address: %d", got)
	}
	close(d.release)
	for n, c := range busy {
		if got := c.status(); got != 200 {
			t.Errorf("%d: %d", n, got)
		}
	}
	if log := h.log.String(); !strings.Contains(log, `"remote":"203.0.113.99","proxy":"127.0.0.1:`) || !strings.Contains(log, `"remote":"127.0.0.2:`) {
		t.Error(log)
	}
}

// TestAnonymousClientsOfProxy checks that requests without a key from behind a proxy
// leave half of the client's limit to requests with one.
func TestAnonymousClientsOfProxy(t *testing.T) {
	h := open(t, &fake{}, ServerOptions{Limits: Limits{Connections: 40, PerClient: 4, Spare: 2, Trusted: proxies(t, "127.0.0.0/8")}}, nil)
	for range 30 {
		h.dial().say("GET /healthz HTTP/1.1\r\nHost: v\r\nX-Forwarded-For: 203.0.113.1\r\nContent-Length: 10\r\n\r\n")
	}
	if got := h.dial().ask("/admin/plugins", withKey+"X-Forwarded-For: 203.0.113.1\r\n").status(); got != 200 {
		t.Errorf("operator from the same address: %d", got)
	}
}

// TestRejectionsAreLoggedOncePerMinute checks the first line, the sums and the last.
func TestRejectionsAreLoggedOncePerMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &logged{}
		d := newLimiter(nil, Limits{Connections: 8, PerClient: 4}, telemetry.NewLog(log, true).Logger)
		reject := func(n int) {
			for range n {
				d.mu.Lock()
				d.rejections.count(d, func(r *rejections) { r.idle++ })
				d.mu.Unlock()
			}
		}
		lines := func() int { return strings.Count(log.String(), "too many connections") }
		reject(1000)
		if n := lines(); n != 1 || !strings.Contains(log.String(), `"idle_closed":1,`) || !strings.Contains(log.String(), `"max_connections":8,"max_connections_per_client":4`) {
			t.Errorf("%d lines: %s", n, log)
		}
		time.Sleep(61 * time.Second)
		synctest.Wait()
		if n := lines(); n != 2 || !strings.Contains(log.String(), `"idle_closed":999,`) {
			t.Errorf("%d lines: %s", n, log)
		}
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		reject(2)
		if n := lines(); n != 3 {
			t.Errorf("%d lines: %s", n, log)
		}
		d.rejections.close()
		if n := lines(); n != 4 {
			t.Errorf("%d lines at the end: %s", n, log)
		}
	})
}

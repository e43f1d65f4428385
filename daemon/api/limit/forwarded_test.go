package limit

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"
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

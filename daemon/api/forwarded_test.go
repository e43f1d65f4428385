package api

import (
	"fmt"
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

package limit

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"testing"
	"time"
)

// TestLimiterHammer runs misbehaving clients concurrently. Nothing may be counted
// twice or left over, and the limits hold.
func TestLimiterHammer(t *testing.T) {
	for _, l := range []Limits{
		{Connections: 1, PerClient: 1, Spare: 1},
		{Connections: 4, PerClient: 1, Spare: 1},
		{Connections: 6, PerClient: 3, Spare: 2, Trusted: proxies(t, "127.0.0.2/32")},
		{Connections: 3, PerClient: 8, Spare: 0},
	} {
		t.Run(fmt.Sprintf("%d of %d", l.PerClient, l.Connections), func(t *testing.T) {
			h := open(t, l)
			var all sync.WaitGroup
			for n := range 8 {
				all.Go(func() {
					random := rand.New(rand.NewPCG(1, uint64(n)))
					for range 60 {
						h.misbehave(random, l)
					}
				})
			}
			all.Wait()
			h.emptied()
			if got := h.dial().ask("/admin/plugins", withKey).status(); got != http.StatusOK {
				t.Errorf("afterwards: %d", got)
			}
		})
	}
}

// misbehave opens one connection and does something random with it.
func (h *testServer) misbehave(random *rand.Rand, l Limits) {
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, byte(1+random.IntN(3)))}}
	c, err := d.DialContext(h.t.Context(), "tcp", h.limiter.Addr().String())
	if err != nil {
		h.t.Error(err)
		return
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(time.Minute))
	text := []string{
		"", "GET /hea", "GET /healthz HTTP/1.1\r\nHost: v\r\n\r\n", "GET /admin/plugins HTTP/1.1\r\nHost: v\r\n" + withKey + "\r\n",
		"POST /healthz HTTP/1.1\r\nHost: v\r\nContent-Length: 9\r\n\r\nx", "GET /admin/plugins HTTP/1.1\r\nHost: v\r\nConnection: close\r\n" + withKey + "\r\n",
		"GET /admin/plugins HTTP/1.1\r\nHost: v\r\nX-Forwarded-For: 203.0.113.1\r\n" + withKey + "\r\n", "nonsense\r\n\r\n",
		"GET /yields HTTP/1.1\r\nHost: v\r\n" + withKey + "\r\n",
	}[random.IntN(9)]
	for range 1 + random.IntN(3) {
		_, _ = io.WriteString(c, text)
	}
	if random.IntN(2) == 0 && len(text) > 20 {
		_, _ = c.Read(make([]byte, 512))
	}
	h.limiter.mu.Lock()
	defer h.limiter.mu.Unlock()
	if h.limiter.served > l.Connections || h.limiter.spare > l.Spare || h.limiter.served < 0 || h.limiter.spare < 0 || len(h.limiter.requests) > l.Connections {
		h.t.Errorf("%d served, %d spare, %d requests", h.limiter.served, h.limiter.spare, len(h.limiter.requests))
	}
	for address, own := range h.limiter.clients {
		if own.connections < 0 || own.requests < 0 || own.requests > l.PerClient {
			h.t.Errorf("%s: %d connections, %d requests", address, own.connections, own.requests)
		}
		h.ranked(address, own)
	}
}

// ranked checks the place of a client in the ranking. The caller holds Limiter.mu.
func (h *testServer) ranked(address netip.Addr, own *client) {
	h.t.Helper()
	if own.idle.Len() == 0 && own.rank == 0 {
		return
	}
	d := h.limiter
	if own.idle.Len() == 0 || own.rank < 1 || own.rank > len(d.idleClients) || d.idleClients[own.rank-1] != own {
		h.t.Errorf("%s: %d idle, rank %d of %d", address, own.idle.Len(), own.rank, len(d.idleClients))
		return
	}
	if own.idleSince != own.longestIdle().idleSince || own.rank > 1 && d.idleClients.Less(own.rank-1, 0) {
		h.t.Errorf("%s ranks before the first: %d connections to %d, idle since %d to %d", address, own.connections, d.idleClients[0].connections, own.idleSince, d.idleClients[0].idleSince)
	}
}

// emptied waits until all connections are closed, and checks that nothing is left.
func (h *testServer) emptied() {
	h.t.Helper()
	d := h.limiter
	for end := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		d.mu.Lock()
		left := d.served + d.spare
		d.mu.Unlock()
		if left == 0 {
			break
		}
		if time.Now().After(end) {
			h.t.Fatalf("%d connections are open", left)
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.clients)+len(d.requests)+d.anonymous+d.unused+d.idleClients.Len()+d.idleProxies.Len()+d.idleSpare.Len() != 0 {
		h.t.Errorf("%d clients, %d requests, %d without a key, %d unused, %d idle, %d of proxies, %d spare",
			len(d.clients), len(d.requests), d.anonymous, d.unused, d.idleClients.Len(), d.idleProxies.Len(), d.idleSpare.Len())
	}
}

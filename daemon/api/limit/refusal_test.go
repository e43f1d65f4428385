package limit

import (
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

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
		d := New(nil, c.limits, new(logged).logger())
		enter := func(from netip.Addr, spare bool) string {
			v := &connection{limiter: d, from: from, spare: spare}
			d.add(v)
			return d.Admit(&Request{connection: v, from: from, Authenticated: c.authenticated})
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

// TestRejectionsAreLoggedOncePerMinute checks the first line, the sums and the last.
func TestRejectionsAreLoggedOncePerMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &logged{}
		d := New(nil, Limits{Connections: 8, PerClient: 4}, log.logger())
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

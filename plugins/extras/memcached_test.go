package extras_test

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"vega/daemon/realtest"
	"vega/daemon/realtest/cases"
	"vega/plugins/core/fixtures"
	"vega/plugins/manifest"
	"vega/plugins/plugintest"
	"vega/policies/check"
)

func TestMemcached(t *testing.T) {
	addr := realtest.Memcached(t, "-c", "20", "-m", "2", "-t", "1")
	k := open(t, "memcached", plugintest.Options{})
	values := func(more manifest.Values) manifest.Values {
		v := manifest.Values{"address": manifest.Plain(addr)}
		for name, value := range more {
			v[name] = value
		}
		return v
	}
	run(t, k, "healthy", values(nil), want{check.Healthy, "", "memcached 1."})
	store(t, addr, "here", 1, 10)
	ask(t, addr, "here", 1)
	ask(t, addr, "absent", 9)
	// Replace the stored counters by those from before the test's requests.
	c, _ := run(t, k, "", values(manifest.Values{"min_hits": 50.0}), want{check.Healthy, "", "memcached"})
	c.World.KV = map[string]plugintest.Bytes{"get_hits": plugintest.Bytes("0"), "get_misses": plugintest.Bytes("0"), "evictions": plugintest.Bytes("0")}
	r := cases.Replay(t, k, c)
	if r.Status != check.Degraded || !strings.HasPrefix(r.Message, "the hit rate of "+addr+" is 10.0 %, below 50 %") {
		t.Errorf("%s: %s", r.Status, r.Message)
	}
	store(t, addr, "much", 3000, 1000)
	c, _ = run(t, k, "", values(manifest.Values{"max_evictions": 10.0}), want{check.Healthy, "", "memcached"})
	c.World.KV = map[string]plugintest.Bytes{"evictions": plugintest.Bytes("0")}
	if r = cases.Replay(t, k, c); r.Status != check.Degraded || !strings.Contains(r.Message, "values because it was full") {
		t.Errorf("%s: %s", r.Status, r.Message)
	}
	run(t, k, "connections", values(manifest.Values{"max_connections": 0.0}), want{check.Degraded, check.Target, ""})

	web := httptest.NewServer(http.NotFoundHandler())
	defer web.Close()
	run(t, k, "not_memcached", manifest.Values{"address": manifest.Plain(web.Listener.Addr().String())}, want{check.Unhealthy, check.Target, web.Listener.Addr().String() + ` does not speak memcached: it answered "HTTP/1.1 400 Bad Request"; correct the address`})
	// Answers of doc/protocol.txt that are not statistics.
	for says, addr := range map[string]string{
		"has reached its limit of connections": answering(t, "ERROR Too many open connections\r\n"),
		`reports "out of memory"`:              answering(t, "SERVER_ERROR out of memory\r\n"),
	} {
		run(t, k, "", manifest.Values{"address": manifest.Plain(addr)}, want{check.Unhealthy, check.Target, addr + " " + says})
	}
	login := answering(t, "CLIENT_ERROR unauthenticated\r\n")
	run(t, k, "", manifest.Values{"address": manifest.Plain(login)}, want{check.Unknown, check.Probe, login + " asks for a login"})
	proxy := answering(t, "VERSION mcrouter\r\nSTAT uptime 5\r\nEND\r\n")
	run(t, k, "", manifest.Values{"address": manifest.Plain(proxy)}, want{check.Unknown, check.Probe, proxy + " does not report curr_connections"})
	twemproxy := answering(t, "VERSION 0.5.0\r\nERROR\r\n")
	run(t, k, "", manifest.Values{"address": manifest.Plain(twemproxy)}, want{check.Unknown, check.Probe, twemproxy + " speaks memcached but does not know the command stats"})
	endless := answering(t, "VERSION 1.6.38\r\n"+strings.Repeat("STAT a 1\r\n", 100_000))
	run(t, k, "", manifest.Values{"address": manifest.Plain(endless)}, want{check.Unknown, check.Probe, endless + " sent more than 2000 lines of statistics"})
	refusing := "127.0.0.1:1"
	run(t, k, "", manifest.Values{"address": manifest.Plain(refusing)}, want{check.Unhealthy, check.Target, refusing + " refuses the connection"})
}

// answering returns the address of a server that answers everything with a text.
func answering(t *testing.T, text string) string {
	return fixtures.Listen(t, func(c net.Conn) {
		_, _ = c.Read(make([]byte, 512))
		_, _ = c.Write([]byte(text))
		_, _ = c.Read(make([]byte, 512))
	})
}

// command sends a line to memcached and returns the first line of its reply.
func command(t *testing.T, addr, text string) {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Write([]byte(text + "quit\r\n")); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 1<<16)
	for {
		if _, err := c.Read(buf); err != nil {
			return
		}
	}
}

func store(t *testing.T, addr, key string, count, size int) {
	t.Helper()
	var b strings.Builder
	for i := range count {
		name := key
		if count > 1 {
			name = fmt.Sprintf("%s%d", key, i)
		}
		fmt.Fprintf(&b, "set %s 0 0 %d\r\n%s\r\n", name, size, strings.Repeat("x", size))
	}
	command(t, addr, b.String())
}

func ask(t *testing.T, addr, key string, times int) {
	t.Helper()
	command(t, addr, strings.Repeat("get "+key+"\r\n", times))
}

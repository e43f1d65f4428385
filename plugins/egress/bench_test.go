//go:build unix

package egress

import (
	"crypto/tls"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"syscall"
	"testing"
	"time"

	"vega/plugins/manifest"
)

func hello(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }

// BenchmarkHTTP makes a request over a new connection, next to net/http with a
// reused transport.
func BenchmarkHTTP(b *testing.B) {
	ca := newAuthority(b)
	for _, c := range []struct {
		name   string
		server *httptest.Server
	}{{"http1", server(b, hello)}, {"https1", ca.server(b, false, hello)}, {"https2", ca.server(b, true, hello)}} {
		network, grants := ca.network(), rules(b, manifest.HTTP, "GET "+c.server.URL)
		b.Run(c.name+"/egress", func(b *testing.B) {
			b.ReportAllocs()
			defer cpuTime(b)()
			for b.Loop() {
				r := start(b, setup{rules: grants, network: network})
				resp, err := r.HTTP(b.Context(), &Request{Method: "GET", URL: c.server.URL, Header: []Field{{"X-Token", r.mask}}})
				if err != nil {
					b.Fatal(err)
				}
				read(b, resp)
			}
		})
		b.Run(c.name+"/net-http", func(b *testing.B) {
			client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{RootCAs: ca.pool, MinVersion: tls.VersionTLS12}}}
			b.ReportAllocs()
			defer cpuTime(b)()
			for b.Loop() {
				req, _ := http.NewRequestWithContext(b.Context(), http.MethodGet, c.server.URL, nil)
				req.Header.Set("X-Token", token)
				resp, err := client.Do(req)
				if err != nil {
					b.Fatal(err)
				}
				_, _ = io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
			}
		})
	}
}

// cpuTime reports the CPU time per iteration, including that of the server in
// this process.
func cpuTime(b *testing.B) func() {
	var before, after syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &before)
	return func() {
		_ = syscall.Getrusage(syscall.RUSAGE_SELF, &after)
		spent := after.Utime.Nano() + after.Stime.Nano() - before.Utime.Nano() - before.Stime.Nano()
		b.ReportMetric(float64(spent)/float64(b.N), "cpu-ns/op")
	}
}

// After a response is closed, read to its end or not, no goroutine remains.
func TestNoGoroutineRemains(t *testing.T) {
	ca := newAuthority(t)
	big := func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 1<<20)) }
	for _, s := range []*httptest.Server{server(t, big), ca.server(t, true, big)} {
		r := start(t, setup{rules: rules(t, manifest.HTTP, "GET "+s.URL), network: ca.network()})
		do := func(toTheEnd bool) {
			resp, err := r.HTTP(within(t, 10*time.Second), &Request{Method: "GET", URL: s.URL, MaxBody: 2 << 20})
			if err != nil {
				t.Fatal(err)
			}
			if toTheEnd {
				read(t, resp)
			}
			resp.Body.Close()
		}
		do(true)
		settle := func() int {
			minimum := 1 << 20
			for range 50 {
				minimum = min(minimum, runtime.NumGoroutine())
				time.Sleep(2 * time.Millisecond)
			}
			return minimum
		}
		before := settle()
		for i := range 40 {
			do(i%2 == 0)
		}
		s.CloseClientConnections()
		if after := settle(); after > before+5 {
			t.Errorf("%s: %d goroutines before, %d after", s.URL, before, after)
		}
	}
}

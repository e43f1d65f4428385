package plugins_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"vega/daemon/realtest/compiled"
	"vega/plugins"
	"vega/plugins/grant"
	"vega/plugins/manifest"
	"vega/policies/check"
)

// BenchmarkNoOp measures a sandboxed run that only reports a message, for a Go
// guest and for guests of other compilers, and one of a hand-written module that
// reports nothing.
func BenchmarkNoOp(b *testing.B) {
	s := newSandbox(b, plugins.Options{})
	benchmarkRun(b, "go", "fine", s.guest(b))
	for _, name := range foreign {
		benchmarkRun(b, name, "fine", s.load(b, foreignWasm(b, name)))
	}
	benchmarkRun(b, "wat", "p", s.load(b, watWasm(b, "segments")))
}

func benchmarkRun(b *testing.B, name, probe string, m *module) {
	b.Helper()
	b.Run(name, func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if got := m.Module.Run(b.Context(), plugins.Input{Probe: probe, Timeout: 5 * time.Second}); got.Status != check.Healthy {
				b.Fatalf("%+v", got)
			}
		}
	})
}

// BenchmarkWork measures the same computation in guests of other compilers.
func BenchmarkWork(b *testing.B) {
	s := newSandbox(b, plugins.Options{})
	for _, name := range foreign {
		benchmarkRun(b, name, "work", s.load(b, foreignWasm(b, name)))
	}
}

// BenchmarkHTTPCheck compares the bundled HTTP check with plain net/http: each
// check opens a new connection, sequentially and concurrently.
func BenchmarkHTTPCheck(b *testing.B) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "ok")
	}))
	b.Cleanup(server.Close)
	sandboxed := coreHTTP(b, server.URL)
	plain := func(ctx context.Context) error { return plainHTTP(ctx, server.URL) }
	for _, c := range []struct {
		name  string
		check func(context.Context) error
	}{{"sandboxed", sandboxed}, {"plain", plain}} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := c.check(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(c.name+"-parallel", func(b *testing.B) {
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if err := c.check(b.Context()); err != nil {
						b.Error(err)
						return
					}
				}
			})
		})
	}
}

func coreHTTP(b testing.TB, url string) func(context.Context) error {
	b.Helper()
	core := newSandbox(b, plugins.Options{}).load(b, plugins.Core())
	probe, _ := core.Manifest.Probe("http")
	values := manifest.Values{"url": manifest.Plain(url), "method": manifest.Plain("GET"), "follow_redirects": true}
	set, _ := grant.Effective(grant.Request{Probe: probe, Values: values, Written: map[string]bool{"url": true}, Bundled: true})
	return func(ctx context.Context) error {
		got := core.Module.Run(ctx, plugins.Input{Integration: "web", Probe: "http", Values: values, Grants: set, Timeout: 10 * time.Second})
		if got.Status != check.Healthy {
			return fmt.Errorf("%s/%s: %s", got.Status, got.Cause, got.Message)
		}
		return nil
	}
}

func plainHTTP(ctx context.Context, url string) error {
	transport := &http.Transport{DisableKeepAlives: true, DialContext: (&net.Dialer{}).DialContext}
	defer transport.CloseIdleConnections()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	answer, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	_, err = io.Copy(io.Discard, answer.Body)
	return err
}

// BenchmarkLoad measures loading the bundled plugin, compiled and from the compile
// cache.
func BenchmarkLoad(b *testing.B) {
	for _, c := range []struct {
		name string
		dir  func(*testing.B) string
	}{
		{"cold", func(b *testing.B) string { return b.TempDir() }},
		{"warm", func(*testing.B) string { return compiled.Cache() }},
	} {
		b.Run(c.name, func(b *testing.B) {
			newSandbox(b, plugins.Options{}).load(b, plugins.Core()) // fills the shared cache
			for b.Loop() {
				b.StopTimer()
				s, err := plugins.Open(b.Context(), plugins.Options{CacheDir: c.dir(b)})
				if err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
				m, err := s.Load(b.Context(), plugins.Core())
				if err != nil {
					b.Fatal(err)
				}
				b.StopTimer()
				if err := m.Close(); err != nil {
					b.Fatal(err)
				}
				if err := s.Close(); err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
			}
		})
	}
}

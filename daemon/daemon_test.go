package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"vega/daemon/config"
	"vega/plugins/manifest"
	"vega/policies"
)

// house is a daemon with its files in a directory of its own.
type house struct {
	*Daemon
	t       *testing.T
	dir     string
	bundled []manifest.Found // none unless the test says
	applied atomic.Int64
	refuses atomic.Bool
}

// wasmFile is one to be put into the plugins directory.
type wasmFile struct {
	name    string
	content []byte
}

// build writes vega.hcl, the plugins tiny (web) and plain and those given, and
// opens a daemon on them.
func build(t *testing.T, hcl string, more ...wasmFile) *house {
	t.Helper()
	h := &house{t: t, dir: t.TempDir()}
	for _, f := range more {
		write(t, h.plugins(), f.name, f.content)
	}
	write(t, h.plugins(), "tiny.wasm", web(t, "tiny"))
	write(t, h.plugins(), "plain.wasm", plain(t, "plain", "1", answerParameter))
	h.configure(hcl)
	reading := h.read()
	cfg := reading.Config
	if cfg == nil {
		t.Fatal(&InvalidError{reading.Diagnostics})
	}
	var err error
	h.Daemon, err = Open(t.Context(), cfg, Options{
		Log:   slog.New(slog.NewTextHandler(testWriter{t}, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Read:  h.read,
		Apply: h.apply,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
	return h
}

func (h *house) plugins() string { return filepath.Join(h.dir, "plugins") }

func (h *house) configure(hcl string) { write(h.t, h.dir, "vega.hcl", []byte(hcl)) }

func (h *house) read() config.Reading {
	return config.Read(filepath.Join(h.dir, "vega.hcl"), config.Options{Bundled: h.bundled})
}

// apply counts the configurations that came into force, or refuses them all.
func (h *house) apply(*config.Config) error {
	if h.refuses.Load() {
		return errors.New("the house refuses it")
	}
	h.applied.Add(1)
	return nil
}

// ask is Health, which must not fail. It may be called by any goroutine.
func (h *house) ask(q Query) Health {
	h.t.Helper()
	answer, err := h.Health(h.t.Context(), q)
	if err != nil {
		h.t.Error(err)
	}
	return answer
}

// status is name=status, or name=status/cause, of every integration.
func (h *house) status() string {
	h.t.Helper()
	var all []string
	for _, r := range h.ask(Query{}).Integrations {
		s := r.Name + "=" + string(r.Status)
		if r.Cause != "" {
			s += "/" + string(r.Cause)
		}
		all = append(all, s)
	}
	return strings.Join(all, " ")
}

type testWriter struct{ t *testing.T }

func (w testWriter) Write(b []byte) (int, error) {
	if testing.Verbose() {
		fmt.Print(string(b))
	}
	return len(b), nil
}

// slow is a server that answers after a while, and counts.
func slow(t *testing.T, d time.Duration) (url string, hits *atomic.Int64) {
	t.Helper()
	hits = new(atomic.Int64)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hits.Add(1)
		select {
		case <-time.After(d):
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(s.Close)
	return s.URL, hits
}

func get(name, url, more string) string {
	return fmt.Sprintf("integration %q {\n  probe = tiny.get\n  interval = \"0s\"\n  %s\n  config {\n    url = %q\n  }\n}\n", name, more, url)
}

func bind(name, probe, more string) string {
	return fmt.Sprintf("integration %q {\n  probe = %s\n  interval = \"0s\"\n  %s\n}\n", name, probe, more)
}

func TestStatusAndCause(t *testing.T) {
	down := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(down.Close)
	h := build(t, get("web", down.URL, "")+
		bind("good", "plain.healthy", "")+bind("meh", "plain.degraded", "")+
		bind("bad", "plain.unhealthy", "")+bind("lost", "plain.unknown", "")+
		bind("off", "plain.healthy", "enabled = false"))
	want := "bad=unhealthy/target good=healthy lost=unknown/probe meh=degraded/target off=disabled web=unhealthy/target"
	if got := h.status(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	all := h.ask(Query{MaxAge: time.Hour})
	if all.Status != policies.Unhealthy || all.Summary != (Summary{Total: 6, Healthy: 1, Degraded: 1, Unhealthy: 2, Unknown: 1, Disabled: 1}) {
		t.Errorf("%s %+v", all.Status, all.Summary)
	}
	if all.CorrelationID == "" || all.Integrations[4].Message == "" || all.Integrations[4].CheckedAt != nil {
		t.Errorf("%+v", all)
	}
	if _, err := h.Health(t.Context(), Query{Names: []string{"good", "nobody"}}); err == nil || !strings.Contains(err.Error(), `"nobody"; there are: bad, good`) {
		t.Errorf("unknown name: %v", err)
	}
	if some := h.ask(Query{Names: []string{"good", "bad", "good"}}); some.Summary.Total != 2 {
		t.Errorf("asked for two, got %+v", some.Summary)
	}
}

func TestBrokenProbesAreUnknownAndHarmNobody(t *testing.T) {
	h := build(t, bind("good", "plain.healthy", ""))
	write(t, h.plugins(), "a.wasm", plain(t, "traps", "1", trap))
	write(t, h.plugins(), "b.wasm", plain(t, "weird", "1", answer99))
	write(t, h.plugins(), "c.wasm", plain(t, "spins", "1", spin))
	h.configure(bind("good", "plain.healthy", "") + bind("traps", "traps.healthy", "") +
		bind("weird", "weird.healthy", "") + bind("spins", "spins.healthy", `timeout = "1s"`))
	if _, err := h.Reload(t.Context(), BySignal); err != nil {
		t.Fatal(err)
	}
	if got, want := h.status(), "good=healthy spins=unknown/probe traps=unknown/probe weird=unknown/probe"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestChecksRunInParallel(t *testing.T) {
	url, _ := slow(t, 300*time.Millisecond)
	hang, _ := slow(t, time.Hour)
	hcl := get("hangs", hang, `timeout = "1s"`)
	for n := range 99 {
		hcl += get(fmt.Sprintf("c%02d", n), url, "")
	}
	h := build(t, hcl)
	all := h.ask(Query{})
	t.Logf("100 checks took %v ms, the hung one %v ms", all.DurationMS, all.Integrations[99].ResponseTimeMS)
	if all.Summary.Healthy != 99 || all.DurationMS > 2500 { // one after another they take 31 s
		t.Errorf("%+v in %v ms", all.Summary, all.DurationMS)
	}
	if r := all.Integrations[99]; r.Status != policies.Unhealthy || r.Cause != policies.Timeout || r.ResponseTimeMS > 1500 {
		t.Errorf("%+v", r)
	}
}

func TestCallersShareARun(t *testing.T) {
	url, hits := slow(t, 700*time.Millisecond)
	h := build(t, get("web", url, ""))

	leaving, leave := context.WithCancel(t.Context())
	first := make(chan Health, 1)
	go func() {
		a, _ := h.Health(leaving, Query{})
		first <- a
	}()
	for hits.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
	if r := h.ask(Query{Timeout: 50 * time.Millisecond}).Integrations[0]; r.Status != policies.Unknown || r.Cause != policies.Host || !strings.Contains(r.Message, "the run goes on") {
		t.Errorf("a caller without patience got %+v", r)
	}
	leave()
	if r := (<-first).Integrations[0]; r.Status != policies.Unknown {
		t.Errorf("a caller who left got %+v", r)
	}
	if got := h.status(); got != "web=healthy" || hits.Load() != 1 {
		t.Errorf("%s after %d requests, want one run that outlives its caller", got, hits.Load())
	}
	if r := h.ask(Query{MaxAge: time.Minute}).Integrations[0]; r.Status != policies.Healthy || hits.Load() != 1 || r.AgeMS < 700 {
		t.Errorf("max_age: %+v after %d requests", r, hits.Load())
	}
	if h.ask(Query{MaxAge: time.Nanosecond}); hits.Load() != 2 {
		t.Errorf("too old a run was good enough")
	}
}

func TestShutdownDrainsAndLeaksNothing(t *testing.T) {
	before := runtime.NumGoroutine()
	for _, tt := range []struct {
		name     string
		patience time.Duration
		want     string
	}{
		{"in time", 10 * time.Second, "web=healthy"},
		{"out of time", 50 * time.Millisecond, "web=unknown/host"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			url, hits := slow(t, 500*time.Millisecond)
			h := build(t, get("web", url, ""))
			ran := make(chan error, 1)
			go func() { ran <- h.Run(t.Context()) }()
			got := make(chan string, 1)
			go func() { got <- h.status() }()
			for hits.Load() == 0 {
				time.Sleep(time.Millisecond)
			}
			ctx, cancel := context.WithTimeout(t.Context(), tt.patience)
			defer cancel()
			began := time.Now()
			if err := h.Shutdown(ctx); err != nil {
				t.Error(err)
			}
			if s := <-got; s != tt.want || time.Since(began) > 2*time.Second {
				t.Errorf("%s after %v", s, time.Since(began))
			}
			if err := <-ran; err != nil {
				t.Error(err)
			}
			if h.Ready() == nil || h.status() != "web=unknown/host" {
				t.Error("it still runs checks")
			}
		})
	}
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	for end := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			stacks := make([]byte, 1<<20)
			t.Fatalf("%d goroutines before, %d after:\n%s", before, runtime.NumGoroutine(), stacks[:runtime.Stack(stacks, true)])
		}
	}
}

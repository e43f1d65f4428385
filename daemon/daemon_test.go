package daemon

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"vega/daemon/catalog"
	"vega/daemon/config"
	"vega/daemon/engine"
	"vega/daemon/realtest"
	"vega/daemon/realtest/compiled"
	"vega/daemon/realtest/tiny"
	"vega/plugins/manifest"
	"vega/policies/check"
)

// harness is a daemon with its files in a temporary directory.
type harness struct {
	*Daemon
	t       *testing.T
	dir     string
	bundled []manifest.Found // bundled plugins, for tests that need them
	options func(*Options)   // changes the options of Open; nil: changes nothing
	logs    bytes.Buffer     // guarded by logging
	logging sync.Mutex
	applied atomic.Int64
	refuses atomic.Bool
}

// wasmFile is a module file for the plugins directory.
type wasmFile struct {
	name    string
	content []byte
}

// build writes vega.hcl, the plugins tiny and plain, and the given ones, then opens
// a daemon.
func build(t *testing.T, hcl string, more ...wasmFile) *harness {
	t.Helper()
	h := &harness{t: t, dir: t.TempDir()}
	for _, f := range more {
		write(t, h.plugins(), f.name, f.content)
	}
	write(t, h.plugins(), "tiny.wasm", tiny.Web(t, "tiny"))
	write(t, h.plugins(), "plain.wasm", tiny.Plain(t, "plain", "1", tiny.AnswerParameter))
	h.configure(hcl)
	h.open()
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
	return h
}

// open opens a daemon with the files in the directory.
func (h *harness) open() {
	h.t.Helper()
	reading := h.read(nil)
	if reading.Config == nil {
		h.t.Fatal(&config.InvalidError{Diagnostics: reading.Diagnostics})
	}
	o := Options{
		Log:   slog.New(slog.NewTextHandler(harnessLog{h}, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Read:  h.read,
		Apply: h.apply,
	}
	if h.options != nil {
		h.options(&o)
	}
	var err error
	if h.Daemon, err = Open(h.t.Context(), reading.Config, o); err != nil {
		h.t.Fatal(err)
	}
}

// restart closes the daemon and opens another.
func (h *harness) restart() {
	h.t.Helper()
	if err := h.Close(); err != nil {
		h.t.Fatal(err)
	}
	h.open()
}

// logged counts the log lines that contain all of the strings.
func (h *harness) logged(texts ...string) (n int) {
	h.logging.Lock()
	defer h.logging.Unlock()
	for line := range strings.Lines(h.logs.String()) {
		if !slices.ContainsFunc(texts, func(text string) bool { return !strings.Contains(line, text) }) {
			n++
		}
	}
	return n
}

type harnessLog struct{ *harness }

func (l harnessLog) Write(b []byte) (int, error) {
	l.logging.Lock()
	defer l.logging.Unlock()
	l.logs.Write(b)
	return testWriter{l.t}.Write(b)
}

// bundle makes the bundled plugin available to the configuration.
func (h *harness) bundle() {
	h.t.Helper()
	if err := compiled.Core(filepath.Join(h.dir, ".vega")); err != nil {
		h.t.Fatal(err)
	}
	var err error
	if h.bundled, err = catalog.Bundled(); err != nil {
		h.t.Fatal(err)
	}
}

func (h *harness) plugins() string { return filepath.Join(h.dir, "plugins") }

func (h *harness) configure(hcl string) { write(h.t, h.dir, "vega.hcl", []byte(hcl)) }

func (h *harness) read(scan config.Scan) config.Reading {
	return config.Read(filepath.Join(h.dir, "vega.hcl"), config.Options{Bundled: h.bundled, Scan: scan})
}

// apply implements Options.Apply: it counts configurations, or rejects all of them.
func (h *harness) apply(*config.Config) error {
	if h.refuses.Load() {
		return errors.New("the harness refuses it")
	}
	h.applied.Add(1)
	return nil
}

// ask calls Health, which must not fail. It may be called from any goroutine.
func (h *harness) ask(q engine.Query) engine.Health {
	h.t.Helper()
	answer, err := h.Health(h.t.Context(), q)
	if err != nil {
		h.t.Error(err)
	}
	return answer
}

// status returns name=status or name=status/cause of every integration.
func (h *harness) status() string {
	h.t.Helper()
	var all []string
	for _, r := range h.ask(engine.Query{}).Integrations {
		all = append(all, outcome(r))
	}
	return strings.Join(all, " ")
}

func outcome(r engine.Report) string {
	s := r.Name + "=" + string(r.Status)
	if r.Cause != "" {
		s += "/" + string(r.Cause)
	}
	return s
}

// lastReport returns the last report of an integration, without running it.
func (h *harness) lastReport(name string) engine.Report {
	h.t.Helper()
	i, err := h.Integration(name)
	if err != nil {
		h.t.Fatal(err)
	}
	return i.Report
}

// expectOutcome checks the outcome of a run that reaches its deadline. It repeats
// the run if the machine was starved.
func (h *harness) expectOutcome(name, want string) {
	h.t.Helper()
	r, ok := realtest.Unstarved(h.t, func() engine.Report { return h.ask(engine.Query{Names: []string{name}}).Integrations[0] },
		func(r engine.Report) bool { return realtest.Starved(r.Cause, r.Message) })
	if got := outcome(r); ok && got != want {
		h.t.Errorf("got  %s\nwant %s", got, want)
	}
}

type testWriter struct{ t *testing.T }

func (w testWriter) Write(b []byte) (int, error) {
	if testing.Verbose() {
		fmt.Print(string(b))
	}
	return len(b), nil
}

// gate is a server that counts requests and responds only after open is closed.
type gate struct {
	url  string
	hits atomic.Int64
	open func()

	t *testing.T
}

func closedGate(t *testing.T) *gate {
	t.Helper()
	opened := make(chan struct{})
	g := &gate{t: t, open: sync.OnceFunc(func() { close(opened) })}
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		g.hits.Add(1)
		select {
		case <-opened:
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(s.Close)
	t.Cleanup(g.open)
	g.url = s.URL
	return g
}

// await waits until n requests have arrived.
func (g *gate) await(n int64) {
	g.t.Helper()
	realtest.Until(g.t, fmt.Sprintf("%d requests have arrived", n), func() bool { return g.hits.Load() >= n })
}

// patient is the longest possible timeout. Only a hanging check exceeds it.
const patient = `timeout = "30s"`

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
	all := h.ask(engine.Query{MaxAge: time.Hour})
	if all.Status != check.Unhealthy || all.Summary != (engine.Summary{Total: 6, Healthy: 1, Degraded: 1, Unhealthy: 2, Unknown: 1, Disabled: 1}) {
		t.Errorf("%s %+v", all.Status, all.Summary)
	}
	if all.CorrelationID == "" || all.Integrations[4].Message == "" || all.Integrations[4].CheckedAt != nil {
		t.Errorf("%+v", all)
	}
	if _, err := h.Health(t.Context(), engine.Query{Names: []string{"good", "nobody"}}); err == nil || !strings.Contains(err.Error(), `"nobody"; the configured ones are: bad, good`) {
		t.Errorf("unknown name: %v", err)
	}
	if some := h.ask(engine.Query{Names: []string{"good", "bad", "good"}}); some.Summary.Total != 2 {
		t.Errorf("asked for two, got %+v", some.Summary)
	}
}

func TestBrokenProbesAreUnknownAndAffectNoOthers(t *testing.T) {
	h := build(t, bind("good", "plain.healthy", ""))
	write(t, h.plugins(), "a.wasm", tiny.Plain(t, "traps", "1", tiny.Trap))
	write(t, h.plugins(), "b.wasm", tiny.Plain(t, "weird", "1", tiny.Answer99))
	write(t, h.plugins(), "c.wasm", tiny.Plain(t, "spins", "1", tiny.Spin))
	h.configure(bind("good", "plain.healthy", "") + bind("traps", "traps.healthy", "") +
		bind("weird", "weird.healthy", "") + bind("spins", "spins.healthy", patient)) // the run is stopped by its CPU budget
	if _, err := h.Reload(t.Context(), BySignal); err != nil {
		t.Fatal(err)
	}
	if got, want := h.status(), "good=healthy spins=unknown/probe traps=unknown/probe weird=unknown/probe"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestChecksRunInParallel uses a target that responds only after all hundred
// requests have arrived, and a check that hangs.
func TestChecksRunInParallel(t *testing.T) {
	g, hang := closedGate(t), closedGate(t)
	hcl := get("hangs", hang.url, patient)
	for n := range 99 {
		hcl += get(fmt.Sprintf("c%02d", n), g.url, patient)
	}
	h := build(t, hcl)
	answer := make(chan engine.Health, 1)
	go func() { answer <- h.ask(engine.Query{}) }()
	hang.await(1)
	g.await(99)
	g.open()
	realtest.Until(t, "99 checks are done while one hangs", func() bool {
		done := 0
		for n := range 99 {
			if r := h.lastReport(fmt.Sprintf("c%02d", n)); r.CheckedAt != nil && r.Status == check.Healthy {
				done++
			}
		}
		return done == 99
	})
	if h.lastReport("hangs").CheckedAt != nil {
		t.Error("the hanging check has ended")
	}
	hang.open()
	if all := <-answer; all.Summary.Healthy != 100 {
		t.Errorf("%+v", all.Summary)
	}
	h = build(t, get("hangs", closedGate(t).url, `timeout = "1s"`))
	h.expectOutcome("hangs", "hangs=unhealthy/timeout")
}

func TestCallersShareARun(t *testing.T) {
	g := closedGate(t)
	h := build(t, get("web", g.url, patient))

	leaving, leave := context.WithCancel(t.Context())
	first := make(chan engine.Health, 1)
	go func() {
		a, _ := h.Health(leaving, engine.Query{})
		first <- a
	}()
	g.await(1)
	if r := h.ask(engine.Query{Timeout: 50 * time.Millisecond}).Integrations[0]; r.Status != check.Unknown || r.Cause != check.Host || !strings.Contains(r.Message, "the run continues") {
		t.Errorf("a caller with a short timeout got %+v", r)
	}
	leave()
	if r := (<-first).Integrations[0]; r.Status != check.Unknown {
		t.Errorf("a caller that left got %+v", r)
	}
	time.Sleep(50 * time.Millisecond) // makes the run last at least this long
	g.open()
	if r := h.ask(engine.Query{MaxAge: time.Hour}).Integrations[0]; r.Status != check.Healthy || g.hits.Load() != 1 {
		t.Errorf("%+v after %d requests, want one run that outlives its caller", r, g.hits.Load())
	}
	if r := h.ask(engine.Query{MaxAge: time.Hour}).Integrations[0]; r.Status != check.Healthy || g.hits.Load() != 1 || r.AgeMS < 50 {
		t.Errorf("max_age: %+v after %d requests", r, g.hits.Load())
	}
	if h.ask(engine.Query{MaxAge: time.Nanosecond}); g.hits.Load() != 2 {
		t.Errorf("a run older than max_age was returned")
	}
}

func TestShutdownDrainsAndLeaksNothing(t *testing.T) {
	before := runtime.NumGoroutine()
	for _, tt := range []struct {
		name     string
		patience time.Duration
		want     string
	}{
		{"in time", realtest.Patience, "web=healthy"},
		{"out of time", 50 * time.Millisecond, "web=unknown/host"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g := closedGate(t)
			h := build(t, get("web", g.url, patient))
			ran := make(chan error, 1)
			go func() { ran <- h.Run(t.Context()) }()
			got := make(chan string, 1)
			go func() { got <- h.status() }()
			g.await(1)
			ctx, cancel := context.WithTimeout(t.Context(), tt.patience)
			defer cancel()
			ended := make(chan error, 1)
			go func() { ended <- h.Shutdown(ctx) }()
			if tt.patience == realtest.Patience {
				realtest.Until(t, "it drains", func() bool { return h.draining() })
				if len(ended) > 0 {
					t.Error("shutdown did not wait for the runs in flight")
				}
				g.open()
			}
			if err := <-ended; err != nil {
				t.Error(err)
			}
			if s := <-got; s != tt.want {
				t.Errorf("the run ended with %s, want %s", s, tt.want)
			}
			if err := <-ran; err != nil {
				t.Error(err)
			}
			if h.Ready() == nil || h.status() != "web=unknown/host" {
				t.Error("the daemon still runs checks")
			}
		})
	}
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	for end := time.Now().Add(realtest.Patience); runtime.NumGoroutine() > before; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			stacks := make([]byte, 1<<20)
			t.Fatalf("%d goroutines before, %d after:\n%s", before, runtime.NumGoroutine(), stacks[:runtime.Stack(stacks, true)])
		}
	}
}

package daemon

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"vega/daemon/engine"
	"vega/daemon/realtest"
	"vega/daemon/realtest/tiny"
	"vega/plugins"
	"vega/plugins/manifest"
)

// eventually waits until ok returns true.
func (h *harness) eventually(what string, ok func() bool) {
	h.t.Helper()
	for end := time.Now().Add(realtest.Patience); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			h.t.Fatalf("timed out waiting until: %s; plugins %+v, health %s", what, h.Plugins(), h.status())
		}
	}
}

// is waits until the file's plugin has the given state, its reason contains the
// given string, and the integrations have the given status.
func (h *harness) is(file, state, reason, status string) {
	h.t.Helper()
	h.eventually(file+" "+state+", "+status, func() bool {
		for _, p := range h.Plugins() {
			if filepath.Base(p.File) == file {
				return p.State == state && strings.Contains(p.Reason, reason) && (reason != "" || p.Reason == "") && h.status() == status
			}
		}
		return state == "" && h.status() == status
	})
}

func TestDropIn(t *testing.T) {
	h := build(t, bind("a", "acme.unknown", "")+bind("p", "plain.healthy", ""), wasmFile{"acme.wasm", tiny.Plain(t, "acme", "1", []byte{0x41, 0})})
	go func() { _ = h.Run(t.Context()) }()

	stop := make(chan struct{})
	var asking sync.WaitGroup
	asking.Go(func() { // no request may fail or affect the other integration
		for n := 0; ; n++ {
			select {
			case <-stop:
				t.Logf("%d requests", n)
				return
			default:
			}
			all := h.ask(engine.Query{})
			if len(all.Integrations) != 2 || all.Integrations[1].Status != "healthy" {
				t.Errorf("during a swap: %+v", all.Integrations)
				return
			}
		}
	})
	defer asking.Wait()
	defer close(stop)

	h.is("acme.wasm", loaded, "", "a=healthy p=healthy")

	write(t, h.plugins(), "acme.wasm", []byte("garbage"))
	h.is("acme.wasm", loaded, "not a WebAssembly", "a=healthy p=healthy") // the old module stays

	write(t, h.plugins(), "acme.wasm", tiny.Plain(t, "acme", "2", []byte{0x41, 2}))
	h.is("acme.wasm", loaded, "", "a=unhealthy/target p=healthy")

	other := tiny.Plain(t, "other", "1", tiny.AnswerParameter)
	write(t, h.plugins(), "acme.wasm", other) // removes the plugin of integration a
	h.is("acme.wasm", loaded, "the configuration is not valid with this module", "a=unhealthy/target p=healthy")

	whole := tiny.Plain(t, "acme", "3", []byte{0x41, 1})
	cut := whole[:len(whole)/2]
	if err := os.WriteFile(filepath.Join(h.plugins(), "acme.wasm"), cut, 0o644); err != nil { // simulates a stalled copy
		t.Fatal(err)
	}
	h.is("acme.wasm", loaded, "truncated", "a=unhealthy/target p=healthy")
	if err := os.WriteFile(filepath.Join(h.plugins(), "acme.wasm"), whole, 0o644); err != nil {
		t.Fatal(err)
	}
	h.is("acme.wasm", loaded, "", "a=degraded/target p=healthy")

	write(t, h.plugins(), "twin.wasm", whole)
	h.is("twin.wasm", refused, "is served by acme.wasm", "a=degraded/target p=healthy")

	if err := os.Remove(filepath.Join(h.plugins(), "acme.wasm")); err != nil {
		t.Fatal(err)
	}
	h.is("acme.wasm", withdrawn, "its file was removed: restore ", "a=unknown/host p=healthy")
	h.is("twin.wasm", refused, "is served by acme.wasm", "a=unknown/host p=healthy") // vega does not choose between the two files
	if _, err := h.Reload(t.Context(), ByHTTP); err != nil {
		t.Fatal(err)
	}
	h.is("twin.wasm", loaded, "", "a=degraded/target p=healthy")

	if err := os.Remove(filepath.Join(h.plugins(), "twin.wasm")); err != nil {
		t.Fatal(err)
	}
	h.is("twin.wasm", withdrawn, "its file was removed: restore ", "a=unknown/host p=healthy")

	write(t, h.plugins(), "other.wasm", other) // unrelated to the removed plugin
	h.is("other.wasm", loaded, "", "a=unknown/host p=healthy")

	write(t, h.plugins(), "twin.wasm", []byte("garbage"))
	h.is("twin.wasm", refused, "not a WebAssembly", "a=unknown/host p=healthy")

	write(t, h.plugins(), "back.wasm", tiny.Plain(t, "acme", "4", []byte{0x41, 0}))
	h.is("back.wasm", loaded, "", "a=healthy p=healthy")
	h.is("twin.wasm", refused, "not a WebAssembly", "a=healthy p=healthy")
}

// TestReplacedModuleOutlivesItsRuns replaces a module during a run. The run must end
// on the old module before the module is closed.
func TestReplacedModuleOutlivesItsRuns(t *testing.T) {
	g := closedGate(t)
	h := build(t, get("w", g.url, patient))
	running := make(chan string, 1)
	go func() { running <- h.status() }()
	g.await(1)
	old := h.now.Plugin("tiny").Module
	m, err := manifest.Read(tiny.Web(t, "tiny"))
	if err != nil {
		t.Fatal(err)
	}
	m.Manifest.Version = "2"
	v2, err := manifest.Pack(tiny.Web(t, "tiny"), m.Manifest)
	if err != nil {
		t.Fatal(err)
	}
	write(t, h.plugins(), "tiny.wasm", v2)
	h.dropIn(t.Context(), filepath.Join(h.plugins(), "tiny.wasm"))
	closed := func() bool {
		r := old.Run(t.Context(), plugins.Input{Probe: "get", Timeout: time.Second})
		return strings.Contains(r.Message, "the plugin was unloaded")
	}
	if h.now.Plugin("tiny").Module == old || closed() {
		t.Errorf("swapped: %v; the old one is closed: %v, with a run on it", h.now.Plugin("tiny").Module != old, closed())
	}
	g.open()
	if got := <-running; got != "w=healthy" {
		t.Errorf("the run on the old module ended %s", got)
	}
	h.eventually("the old module is closed", closed)
}

// TestWatchWaitsForAFileToSettle checks that a file is read only after two polls see
// it unchanged.
func TestWatchWaitsForAFileToSettle(t *testing.T) {
	h := build(t, "")
	w := h.catalog.NewWatcher()
	for n := range 5 { // the file grows between polls
		name := filepath.Join(h.plugins(), "grows.wasm")
		if err := os.WriteFile(name, fmt.Appendf(nil, "%*d", n+1, 0), 0o644); err != nil {
			t.Fatal(err)
		}
		w.Poll(t.Context())
		if h.now.Plugin("") != nil {
			t.Fatal("a growing file was read")
		}
	}
	w.Poll(t.Context())
	if p := h.now.Plugin(""); p == nil || p.State != refused {
		t.Error("a settled file was not read")
	}
}

// Vega checks the permissions of the plugin directory when a file appears in it.
func TestDropInWarnsOfWritableDirectory(t *testing.T) {
	h := build(t, "")
	if err := os.Chmod(h.plugins(), 0o777); err != nil { //nolint:gosec // the test needs it
		t.Fatal(err)
	}
	for n, name := range []string{"late", "later"} {
		write(t, h.plugins(), name+".wasm", tiny.Plain(t, name, "1", tiny.AnswerParameter))
		if !h.dropIn(t.Context(), filepath.Join(h.plugins(), name+".wasm")) || h.logged("VEGA055") != 1 {
			t.Errorf("%d plugins: warned %d times, want once", n+1, h.logged("VEGA055"))
		}
	}
}

func TestDropInDuringShutdownIsNotRefused(t *testing.T) {
	h := build(t, "")
	write(t, h.plugins(), "late.wasm", tiny.Plain(t, "late", "1", tiny.AnswerParameter))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	h.dropIn(ctx, filepath.Join(h.plugins(), "late.wasm"))
	if h.logged("refused") != 0 {
		t.Error("the plugin is refused")
	}
}

// dropIn handles a file immediately, without waiting for it to settle.
func (h *harness) dropIn(ctx context.Context, file string) (done bool) {
	done, _ = h.catalog.Handle(ctx, file)
	return done
}

package daemon

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"

	"vega/daemon/realtest/tiny"
)

// flakyCompiler compiles, or fails without a word about the module.
type flakyCompiler struct{ works atomic.Bool }

func (c *flakyCompiler) compiler(ctx context.Context, dir string) *exec.Cmd {
	if c.works.Load() {
		return compiler(ctx, dir)
	}
	return exec.CommandContext(ctx, "false")
}

// buildFlaky returns a running daemon whose compiler does not work.
func buildFlaky(t *testing.T, hcl string) (*harness, *flakyCompiler) {
	t.Helper()
	h, c := build(t, ""), &flakyCompiler{}
	h.bundle()
	h.configure(hcl)
	h.options = func(o *Options) { o.Compiler = c.compiler }
	if err := os.RemoveAll(h.dir + "/.vega/cache"); err != nil {
		t.Fatal(err)
	}
	h.restart()
	ctx, cancel := context.WithCancel(t.Context())
	ran := make(chan error, 1)
	go func() { ran <- h.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ran; err != nil {
			t.Error(err)
		}
	})
	h.eventually("the daemon runs", func() bool { err := h.Ready(); return err == nil || !strings.Contains(err.Error(), "starting") })
	return h, c
}

const extra = "integration \"x\" {\n  probe    = memcached.server\n  interval = \"0s\"\n  config {\n    address = \"127.0.0.1:1\"\n  }\n}\n"

// TestBundledPluginIsTriedAgain checks that vega is not ready while the only plugin in
// use could not be loaded through no fault of the plugin, and becomes ready by itself.
func TestBundledPluginIsTriedAgain(t *testing.T) {
	h, c := buildFlaky(t, extra)
	if err := h.Ready(); err == nil || !strings.Contains(err.Error(), "could not load the plugins") {
		t.Errorf("ready: %v", err)
	}
	if got := h.status(); got != "x=unknown/host" {
		t.Error(got)
	}
	c.works.Store(true)
	w := h.catalog.NewWatcher()
	h.eventually("it is ready", func() bool { w.Poll(t.Context()); return h.Ready() == nil })
	if got := h.status(); got != "x=unhealthy/target" || h.logged("plugin in service", "memcached") != 1 {
		t.Error(got)
	}
}

// TestReadyWithOnePlugin checks that vega is ready as long as one plugin works.
func TestReadyWithOnePlugin(t *testing.T) {
	h, _ := buildFlaky(t, extra+strings.Replace(get("a", "http://127.0.0.1:1/", ""), "tiny.get", "core.http", 1))
	if err := h.Ready(); err != nil {
		t.Errorf("ready: %v", err)
	}
}

// TestNotReadyWithoutDroppedPlugin checks the same for a plugin in the directory: it is
// ready when a file that compiles replaces the other.
func TestNotReadyWithoutDroppedPlugin(t *testing.T) {
	h, c := buildFlaky(t, bind("a", "plain.healthy", ""))
	w := h.catalog.NewWatcher()
	h.eventually("it is not ready", func() bool { // a start does not wait for a slow compilation
		w.Poll(t.Context())
		err := h.Ready()
		return err != nil && strings.Contains(err.Error(), "could not load the plugins")
	})
	c.works.Store(true)
	write(t, h.plugins(), "plain.wasm", tiny.Plain(t, "plain", "2", tiny.AnswerParameter))
	h.eventually("it is ready", func() bool { return h.Ready() == nil && h.status() == "a=healthy" })
}

package daemon

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vega/daemon/engine"
	"vega/daemon/realtest/tiny"
)

// heldCompiler is a compiler that blocks until open is closed.
type heldCompiler struct {
	asked chan struct{} // receives a value for each module
	open  chan struct{}
}

func newHeldCompiler() *heldCompiler {
	return &heldCompiler{make(chan struct{}, 100), make(chan struct{})}
}

func (g *heldCompiler) compiler(ctx context.Context, dir string) *exec.Cmd {
	g.asked <- struct{}{}
	select {
	case <-g.open:
	case <-ctx.Done():
	}
	return compiler(ctx, dir)
}

// buildSlow returns a running harness with a heldCompiler.
func buildSlow(t *testing.T, hcl string, options func(*Options)) (*harness, *heldCompiler) {
	t.Helper()
	h, g := build(t, hcl), newHeldCompiler()
	h.options = func(o *Options) {
		o.Compiler = g.compiler
		if options != nil {
			options(o)
		}
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
	h.eventually("the daemon runs", func() bool { return h.Ready() == nil })
	return h, g
}

func (h *harness) has(status string) bool { return strings.Contains(h.status()+" ", status+" ") }

// TestCompilingDoesNotBlock checks that vega follows the configuration and the
// plugin directory while it compiles a module.
func TestCompilingDoesNotBlock(t *testing.T) {
	h, g := buildSlow(t, bind("a", "plain.healthy", ""), nil)
	write(t, h.plugins(), "slow.wasm", tiny.Plain(t, "slow", "1", tiny.AnswerParameter))
	<-g.asked
	h.configure(bind("a", "plain.healthy", "") + bind("b", "plain.healthy", "") + bind("s", "slow.healthy", ""))
	h.eventually("the edit is applied", func() bool { return h.has("b=healthy") })
	for _, r := range h.ask(engine.Query{}).Integrations {
		if r.Name == "s" && (r.Status != "unknown" || r.Cause != "host" || !strings.Contains(r.Message, "is loading: its module is still being compiled")) {
			t.Errorf("%+v", r)
		}
	}
	if err := os.Remove(filepath.Join(h.plugins(), "tiny.wasm")); err != nil {
		t.Fatal(err)
	}
	h.eventually("the removal is seen", func() bool { return !strings.Contains(h.serves(), "tiny=") })
	write(t, h.plugins(), "slow2.wasm", tiny.Plain(t, "slow2", "1", tiny.AnswerParameter))
	write(t, h.plugins(), "bad.wasm", []byte("garbage"))
	h.eventually("garbage is refused", func() bool { return h.logged("plugin refused", "bad.wasm") == 1 })
	close(g.open)
	h.eventually("the module is in service", func() bool { return h.has("s=healthy") })
	h.eventually("the other module is in service", func() bool { return strings.Contains(h.serves(), "slow2=") })
	if h.logged("plugin refused") != 1 {
		t.Error("a module that was being compiled was reported as refused")
	}
}

// TestOldModuleServesUntilTheNewIsCompiled also reloads while the new module is
// being compiled.
func TestOldModuleServesUntilTheNewIsCompiled(t *testing.T) {
	h, g := buildSlow(t, bind("a", "plain.unhealthy", ""), func(o *Options) { o.ReloadWait = time.Millisecond })
	write(t, h.plugins(), "plain.wasm", tiny.Plain(t, "plain", "2", []byte{0x41, 0}))
	<-g.asked
	h.configure(bind("a", "plain.unhealthy", "") + bind("b", "plain.unhealthy", ""))
	for range 2 { // only the first reload changes anything
		if _, err := h.Reload(t.Context(), BySignal); err != nil {
			t.Fatal(err)
		}
		if got := h.status(); got != "a=unhealthy/target b=unhealthy/target" {
			t.Error(got)
		}
	}
	close(g.open)
	h.eventually("the new module serves", func() bool { return h.status() == "a=healthy b=healthy" })
}

// TestReloadWaitsForItsModules also checks that other requests do not wait for the
// reload.
func TestReloadWaitsForItsModules(t *testing.T) {
	h, g := buildSlow(t, "watch = false\n"+bind("a", "plain.healthy", ""), func(o *Options) { o.ReloadWait = time.Hour })
	write(t, h.plugins(), "late.wasm", tiny.Plain(t, "late", "1", tiny.AnswerParameter))
	h.configure("watch = false\n" + bind("a", "plain.healthy", "") + bind("l", "late.healthy", ""))
	done := make(chan error, 1)
	go func() {
		_, err := h.Reload(t.Context(), ByHTTP)
		done <- err
	}()
	<-g.asked
	if err := os.Remove(filepath.Join(h.plugins(), "tiny.wasm")); err != nil {
		t.Fatal(err)
	}
	h.eventually("the removal is seen", func() bool { return !strings.Contains(h.serves(), "tiny=") })
	if _, err := h.Reload(t.Context(), ByFile); err != nil { // does not wait
		t.Error(err)
	}
	select {
	case err := <-done:
		t.Errorf("the reload did not wait: %v", err)
	default:
	}
	close(g.open)
	if err := <-done; err != nil || h.status() != "a=healthy l=healthy" {
		t.Errorf("%v, %s", err, h.status())
	}
}

func TestReloadDoesNotWaitForUnusedModules(t *testing.T) {
	h, g := buildSlow(t, "watch = false\n"+bind("a", "plain.healthy", ""), func(o *Options) { o.ReloadWait = time.Hour })
	write(t, h.plugins(), "late.wasm", tiny.Plain(t, "late", "1", tiny.AnswerParameter))
	<-g.asked
	h.configure("watch = false\n" + bind("b", "plain.healthy", ""))
	if _, err := h.Reload(t.Context(), ByHTTP); err != nil || h.status() != "b=healthy" {
		t.Errorf("%v, %s", err, h.status())
	}
}

// TestShutdownEndsAWaitingReload also checks that the compiler is stopped.
func TestShutdownEndsAWaitingReload(t *testing.T) {
	h, g := buildSlow(t, "watch = false\n", func(o *Options) { o.ReloadWait = time.Hour })
	write(t, h.plugins(), "late.wasm", tiny.Plain(t, "late", "1", tiny.AnswerParameter))
	h.configure("watch = false\n" + bind("l", "late.healthy", ""))
	done := make(chan error, 1)
	go func() {
		_, err := h.Reload(t.Context(), ByHTTP)
		done <- err
	}()
	<-g.asked
	if err := h.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if err := <-done; !errors.Is(err, ErrClosing) {
		t.Error(err)
	}
}

// TestModuleThatDoesNotCompileIsRefusedOnce checks that loading the module does not
// compile it a second time.
func TestModuleThatDoesNotCompileIsRefusedOnce(t *testing.T) {
	asked := make(chan struct{}, 100)
	h, _ := buildSlow(t, "", func(o *Options) {
		o.Compiler = func(ctx context.Context, _ string) *exec.Cmd {
			asked <- struct{}{}
			return exec.CommandContext(ctx, os.Args[0], "-test.run=^$", "-no-such-flag")
		}
	})
	write(t, h.plugins(), "late.wasm", tiny.Plain(t, "late", "1", tiny.AnswerParameter))
	h.eventually("the module is refused", func() bool { return h.logged("plugin refused", "late.wasm", "it does not compile") == 1 })
	if n := len(asked); n != 1 {
		t.Errorf("compiled %d times", n)
	}
}

// TestCanceledStartRefusesNoPlugin checks that a start stops when its context ends,
// and refuses no plugin because of that.
func TestCanceledStartRefusesNoPlugin(t *testing.T) {
	h, g := build(t, bind("a", "plain.healthy", "")), newHeldCompiler()
	cfg := h.read(nil).Config
	if err := errors.Join(h.Close(), os.RemoveAll(filepath.Join(cfg.DataDir, "cache"))); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		<-g.asked
		cancel()
	}()
	steps := 0
	_, err := Open(ctx, cfg, Options{
		Log: slog.New(slog.NewTextHandler(harnessLog{h}, nil)), Read: h.read, Compiler: g.compiler,
		Step: func(s Step) {
			if s.Warning != nil {
				steps++
			}
		},
	})
	if !errors.Is(err, ErrClosing) || steps > 0 || h.logged("refused") > 0 {
		t.Errorf("%v, %d warnings", err, steps)
	}
}

package daemon

import (
	"context"
	"errors"
	"flag"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vega/daemon/realtest"
	"vega/daemon/realtest/tiny"
	"vega/plugins"
	"vega/plugins/shortage"
)

// TestReloadUnderShortage checks that a configuration that can't be read because
// there are no descriptors is not rejected, and is applied later.
func TestReloadUnderShortage(t *testing.T) {
	if !realtest.Apart(t, nil) {
		return
	}
	h := build(t, bind("a", "plain.healthy", ""))
	h.configure(bind("a", "plain.healthy", "") + bind("b", "plain.healthy", "") + bind("c", "late.healthy", ""))
	write(t, h.plugins(), "late.wasm", tiny.Plain(t, "late", "1", tiny.AnswerParameter))
	feed := realtest.Starve(t, 0)
	_, err := h.Reload(t.Context(), ByFile)
	_, invalid := h.Validate(t.Context())
	_, unplanned := h.Plan(t.Context())
	feed()
	if shortage.Of(err) == nil || shortage.Of(invalid) == nil || shortage.Of(unplanned) == nil || h.Rejected() {
		t.Errorf("reload: %v, rejected: %v; validate: %v; plan: %v", err, h.Rejected(), invalid, unplanned)
	}
	if got := h.status(); got != "a=healthy" {
		t.Error(got)
	}
	if _, err := h.Reload(t.Context(), ByFile); err != nil {
		t.Fatal(err)
	}
	if got := h.status(); got != "a=healthy b=healthy c=healthy" {
		t.Error(got)
	}
}

// TestFollowUnderShortage checks that files that can't be listed or read are tried
// again.
func TestFollowUnderShortage(t *testing.T) {
	if !realtest.Apart(t, nil) {
		return
	}
	h := build(t, bind("a", "plain.healthy", ""))
	var f follower
	poll := func() {
		for range 3 {
			h.poll(t.Context(), &f)
		}
	}
	policy := func(name string) { write(t, h.dir+"/policies", name+".hcl", []byte(bind(name, "plain.healthy", ""))) }
	policy("b")
	poll()
	feed := realtest.Starve(t, 0)
	poll() // the current policy can't be listed
	if h.Rejected() || h.status() != "a=healthy b=healthy" {
		t.Errorf("%s, rejected: %v", h.status(), h.Rejected())
	}
	feed()
	policy("c")
	feed = realtest.Starve(t, 0)
	poll()
	feed()
	if h.Rejected() || h.status() != "a=healthy b=healthy" {
		t.Errorf("%s, rejected: %v", h.status(), h.Rejected())
	}
	poll()
	if got := h.status(); got != "a=healthy b=healthy c=healthy" {
		t.Error(got)
	}
}

// TestCompileChild is not a test. It runs as the child process that compiles.
func TestCompileChild(t *testing.T) {
	if flag.NArg() != 2 || flag.Arg(0) != "compile-module" {
		return // not a child process
	}
	if err := plugins.CompileChild(t.Context(), os.Stdin, flag.Arg(1)); err != nil {
		t.Fatal(err)
	}
}

func compiler(ctx context.Context, dir string) *exec.Cmd {
	return exec.CommandContext(ctx, os.Args[0], "-test.run=^TestCompileChild$", "compile-module", dir)
}

// TestStartUnderShortage checks that vega starts even if a module can't be compiled
// because there are no descriptors, and that the module is loaded later.
func TestStartUnderShortage(t *testing.T) {
	if !realtest.Apart(t, nil) {
		return
	}
	h := build(t, bind("a", "plain.healthy", ""))
	cfg, late := h.read(nil).Config, 0
	for left := range 64 {
		if err := h.Close(); err != nil {
			t.Fatal(err)
		}
		if err := os.RemoveAll(filepath.Join(cfg.DataDir, "cache")); err != nil {
			t.Fatal(err)
		}
		feed := realtest.Starve(t, left)
		d, err := Open(t.Context(), cfg, Options{Log: slog.New(slog.DiscardHandler), Read: h.read, Apply: h.apply, Compiler: compiler})
		feed()
		if err != nil {
			if shortage.Of(err) == nil {
				t.Errorf("with %d descriptors left: %v", left, err)
			}
			h.open()
			continue
		}
		h.Daemon = d
		if h.status() != "a=healthy" {
			late++
			h.pollUntil("a=healthy")
		}
	}
	if late == 0 {
		t.Error("in no start were there too few descriptors for the module only")
	}
}

// TestStartDoesNotWaitForSlowModule checks that a module that compiles slowly does not
// delay the start, and is in service once it is compiled.
func TestStartDoesNotWaitForSlowModule(t *testing.T) {
	h := build(t, bind("a", "plain.healthy", ""))
	cfg := h.read(nil).Config
	if err := errors.Join(h.Close(), os.RemoveAll(filepath.Join(cfg.DataDir, "cache"))); err != nil {
		t.Fatal(err)
	}
	g := newHeldCompiler()
	d, err := Open(t.Context(), cfg, Options{
		Log: slog.New(slog.NewTextHandler(harnessLog{h}, nil)), Read: h.read, Apply: h.apply, StartWait: 50 * time.Millisecond, Compiler: g.compiler,
	})
	if err != nil {
		t.Fatal(err)
	}
	h.Daemon = d
	if got := h.status(); got != "a=unknown/host" {
		t.Errorf("%s before it is compiled", got)
	}
	if h.logged("not all plugins are loaded yet") != 1 {
		t.Error("the log does not report the delay")
	}
	close(g.open)
	h.pollUntil("a=healthy")
}

// pollUntil polls the plugins directory until the status is as expected.
func (h *harness) pollUntil(status string) {
	h.t.Helper()
	w := h.catalog.NewWatcher()
	h.eventually(status, func() bool {
		w.Poll(h.t.Context())
		return h.status() == status
	})
}

// TestDropInUnderShortage checks that a module that can't be read or compiled
// because there are no descriptors is not refused, and that the old module serves in
// the meantime.
func TestDropInUnderShortage(t *testing.T) {
	if !realtest.Apart(t, nil) {
		return
	}
	h := build(t, bind("a", "plain.healthy", ""))
	file := h.plugins() + "/plain.wasm"
	write(t, h.plugins(), "plain.wasm", tiny.Plain(t, "plain", "2", tiny.AnswerParameter))
	version := func() (version, reason string) {
		for _, p := range h.Plugins() {
			if p.File == file {
				return p.Version, p.Reason
			}
		}
		return "", "gone"
	}
	tried := 0
	for left := range 4 {
		feed := realtest.Starve(t, left)
		done := h.dropIn(t.Context(), file)
		w := h.catalog.NewWatcher()
		w.Poll(t.Context())
		feed()
		if done {
			break
		}
		tried++
		if v, reason := version(); v != "1" || reason != "" || h.status() != "a=healthy" {
			t.Errorf("with %d descriptors left: version %s, %q, %s", left, v, reason, h.status())
		}
	}
	if done := h.dropIn(t.Context(), file); !done || tried == 0 {
		t.Errorf("done: %v, after %d tries", done, tried)
	}
	if v, reason := version(); v != "2" || reason != "" || !strings.Contains(h.status(), "healthy") {
		t.Errorf("version %s, %q", v, reason)
	}
}

package daemon

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"vega/daemon/catalog"
	"vega/daemon/realtest/tiny"
)

// holdFirst makes the first compilation wait until it is canceled or open is closed.
func holdFirst(o *Options) (asked chan struct{}, open chan struct{}) {
	g := newHeldCompiler()
	var first atomic.Bool
	o.Compiler = func(ctx context.Context, dir string) *exec.Cmd {
		if first.CompareAndSwap(false, true) {
			return g.compiler(ctx, dir)
		}
		return compiler(ctx, dir)
	}
	return g.asked, g.open
}

// plugin returns the report of the plugin in a file.
func (h *harness) plugin(file string) (found catalog.Report) {
	for _, p := range h.Plugins() {
		if filepath.Base(p.File) == file {
			found = p
		}
	}
	return found
}

func TestUsedModuleIsCompiledBeforeUnused(t *testing.T) {
	var asked, open chan struct{}
	h, _ := buildSlow(t, "watch = false\n", func(o *Options) { asked, open = holdFirst(o); o.ReloadWait = time.Hour })
	write(t, h.plugins(), "big.wasm", tiny.Plain(t, "big", "1", tiny.AnswerParameter))
	<-asked
	h.configure("watch = false\n" + bind("q", "quick.healthy", ""))
	write(t, h.plugins(), "quick.wasm", tiny.Plain(t, "quick", "1", tiny.AnswerParameter))
	r, err := h.Reload(t.Context(), ByHTTP)
	if err != nil || h.status() != "q=healthy" || len(r.Loading) > 0 {
		t.Errorf("%v, %s, loading %v", err, h.status(), r.Loading)
	}
	close(open)
	h.eventually("the preempted module is compiled later", func() bool { return h.plugin("big.wasm").State == loaded })
}

func TestCompilingIsReported(t *testing.T) {
	h, g := buildSlow(t, "watch = false\n"+bind("a", "plain.healthy", "")+get("s", "http://127.0.0.1:1/", ""), func(o *Options) { o.ReloadWait = time.Millisecond })
	write(t, h.plugins(), "new.wasm", tiny.Plain(t, "new", "1", tiny.AnswerParameter))
	<-g.asked
	h.eventually("a new file", func() bool {
		p := h.plugin("new.wasm")
		return p.State == loading && p.Name == "new" && p.Reason == compileFirst
	})
	write(t, h.plugins(), "plain.wasm", tiny.Plain(t, "plain", "2", tiny.AnswerParameter))
	h.eventually("a newer file", func() bool {
		p := h.plugin("plain.wasm")
		return p.State == loaded && p.Version == "1" && p.Reason == compileFirst && h.has("a=healthy")
	})
	if err := os.Remove(filepath.Join(h.plugins(), "tiny.wasm")); err != nil {
		t.Fatal(err)
	}
	h.eventually("a removed file", func() bool { return h.plugin("tiny.wasm").State == withdrawn })
	write(t, h.plugins(), "tiny.wasm", append(tiny.Web(t, "tiny"), 0, 2, 1, 'x'))
	h.eventually("a restored file", func() bool { return h.plugin("tiny.wasm").State == loading })
	r, err := h.Reload(t.Context(), ByHTTP)
	if err != nil || strings.Join(r.Loading, " ") != "plain tiny" {
		t.Errorf("the reload reports %v as loading: %v", r.Loading, err)
	}
	close(g.open)
	for _, file := range []string{"new.wasm", "plain.wasm", "tiny.wasm"} {
		h.eventually(file+" is in service", func() bool { p := h.plugin(file); return p.State == loaded && p.Reason == "" })
	}
	if got := h.plugin("plain.wasm").Version; got != "2" {
		t.Errorf("version %s", got)
	}
}

// TestReloadToAnotherDirectory checks that a waiting reload keeps the modules that
// it has compiled, although they are not in the current plugin directory.
func TestReloadToAnotherDirectory(t *testing.T) {
	h, g := buildSlow(t, "watch = false\n", func(o *Options) { o.ReloadWait = time.Hour })
	write(t, filepath.Join(h.dir, "other"), "late.wasm", tiny.Plain(t, "late", "1", tiny.AnswerParameter))
	h.configure("watch = false\nplugins {\n  dir = \"other\"\n}\n" + bind("l", "late.healthy", ""))
	done := make(chan error, 1)
	go func() {
		_, err := h.Reload(t.Context(), ByHTTP)
		done <- err
	}()
	<-g.asked
	time.Sleep(2 * 250 * time.Millisecond) // gives the watcher time to poll
	close(g.open)
	if err := <-done; err != nil || h.status() != "l=healthy" || len(g.asked) > 0 {
		t.Errorf("%v, %s, compiled %d times more", err, h.status(), len(g.asked))
	}
}

// reloading is a host whose first change comes after a reload.
type reloading struct {
	catalog.Host
	reload func()
}

func (r *reloading) Change(f func(*catalog.Set) (*catalog.Set, error)) error {
	if reload := r.reload; reload != nil {
		r.reload = nil
		reload()
	}
	return r.Host.Change(f)
}

// TestReloadDuringAPoll reloads to another directory after the watcher has read the one
// before. What it read says nothing about the other one.
func TestReloadDuringAPoll(t *testing.T) {
	h := build(t, "watch = false\n"+bind("a", "plain.healthy", ""))
	write(t, filepath.Join(h.dir, "other"), "late.wasm", tiny.Plain(t, "late", "1", tiny.AnswerParameter))
	w := h.catalog.NewWatcher()
	w.Poll(t.Context())
	write(t, h.plugins(), "new.wasm", tiny.Plain(t, "new", "1", tiny.AnswerParameter))
	w.Poll(t.Context())
	h.configure("watch = false\nplugins {\n  dir = \"other\"\n}\n" + bind("l", "late.healthy", ""))
	h.catalog.Host = &reloading{h.catalog.Host, func() {
		if _, err := h.Reload(t.Context(), ByHTTP); err != nil {
			t.Error(err)
		}
	}}
	for range 3 {
		w.Poll(t.Context())
		if got := h.status(); got != "l=healthy" {
			t.Error(got)
		}
		for _, p := range h.Plugins() {
			if p.Name == "new" || p.State != loaded {
				t.Errorf("%+v", p)
			}
		}
	}
}

// TestRestoredFileIsLoadedAgain follows the advice that a withdrawn plugin gives in
// its reason.
func TestRestoredFileIsLoadedAgain(t *testing.T) {
	h := build(t, bind("a", "plain.healthy", ""))
	w := h.catalog.NewWatcher()
	polls := func() {
		for range 3 {
			w.Poll(t.Context())
		}
	}
	polls()
	here, away := filepath.Join(h.plugins(), "plain.wasm"), filepath.Join(h.dir, "away")
	for _, move := range [][2]string{{here, away}, {away, here}} {
		if err := os.Rename(move[0], move[1]); err != nil {
			t.Fatal(err)
		}
		polls()
	}
	if p := h.plugin("plain.wasm"); p.State != loaded || h.status() != "a=healthy" {
		t.Errorf("%s (%s), %s", p.State, p.Reason, h.status())
	}
}

// TestFailedCompilerIsRetried checks that, if the compiler itself fails, the plugin
// keeps its name and reports the time of the next attempt.
func TestFailedCompilerIsRetried(t *testing.T) {
	var fails atomic.Bool
	fails.Store(true)
	h, _ := buildSlow(t, bind("a", "plain.healthy", ""), func(o *Options) {
		o.Compiler = func(ctx context.Context, dir string) *exec.Cmd {
			if fails.Load() {
				return exec.CommandContext(ctx, os.Args[0], "-test.run=^TestFailChild$", "fail")
			}
			return compiler(ctx, dir)
		}
	})
	file := filepath.Join(h.plugins(), "late.wasm")
	write(t, h.plugins(), "late.wasm", tiny.Plain(t, "late", "1", tiny.AnswerParameter))
	h.eventually("the plugin reports the reason", func() bool {
		p := h.plugin("late.wasm")
		return p.State == loading && strings.HasPrefix(p.Reason, "it did not compile: ") && strings.HasSuffix(p.Reason, "; vega tries again after 30s")
	})
	if h.logged("plugin refused") > 0 {
		t.Error("the plugin was reported as refused")
	}
	fails.Store(false)
	if err := os.Remove(file); err != nil { // instead of waiting for the retry
		t.Fatal(err)
	}
	h.eventually("the plugin is gone", func() bool { return h.plugin("late.wasm").State == "" })
	write(t, h.plugins(), "late.wasm", tiny.Plain(t, "late", "1", tiny.AnswerParameter))
	h.eventually("the plugin is in service", func() bool { return h.plugin("late.wasm").State == loaded })
}

// TestFailChild is not a test. It runs as a child process that fails.
func TestFailChild(t *testing.T) {
	if flag.NArg() == 1 && flag.Arg(0) == "fail" {
		fmt.Fprintln(os.Stderr, "no space left on device")
		os.Exit(1)
	}
}

package plugins_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vega/plugins"
	"vega/plugins/compiler"
	"vega/plugins/manifest"
)

// counting returns a sandbox on a cache directory that counts its child processes.
func counting(t *testing.T, cache string, compiled *int, child func(context.Context, string) *exec.Cmd) *plugins.Sandbox {
	t.Helper()
	s, err := plugins.Open(t.Context(), plugins.Options{CacheDir: cache, Compiler: func(ctx context.Context, dir string) *exec.Cmd {
		*compiled++
		return child(ctx, dir)
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// A module that was refused is not read again, in this process or the next, no
// matter which step refused it.
func TestRefusalsAreRemembered(t *testing.T) {
	for _, name := range []string{"compile-type", "memory-min", "call-unknown", "no-memory"} {
		t.Run(name, func(t *testing.T) {
			cache, compiled, said := t.TempDir(), 0, ""
			wasm := hostileWasm(t, name)
			for range 2 { // a start and a restart
				s := counting(t, cache, &compiled, compileChild(t))
				for range 3 {
					_, err := s.Load(t.Context(), wasm)
					if err == nil || said != "" && err.Error() != said {
						t.Fatalf("%v, and before %q", err, said)
					}
					said = err.Error()
				}
			}
			if compiled != 1 {
				t.Errorf("the child ran %d times, want 1", compiled)
			}
		})
	}
}

// A compiler that was stopped, such as by a signal during the first start, says nothing
// about the module: it is loaded the next time, by this process and by another, and
// native code that is in the cache already stays there.
func TestAStoppedCompilerRefusesNothing(t *testing.T) {
	cache := t.TempDir()
	wasm := watWasm(t, "carry")
	for name, open := range map[string]func() *plugins.Sandbox{
		"a child": func() *plugins.Sandbox { n := 0; return counting(t, cache, &n, compileChild(t)) },
		"here": func() *plugins.Sandbox {
			s, err := plugins.Open(t.Context(), plugins.Options{CacheDir: cache})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = s.Close() })
			return s
		},
	} {
		for _, state := range []string{"empty", "filled"} {
			stopped, stop := context.WithCancel(t.Context())
			stop()
			s := open()
			if _, err := s.Load(stopped, wasm); err == nil || plugins.IsRefusal(err) || !errors.Is(err, context.Canceled) {
				t.Fatalf("%s, %s cache: %v, want the error of the context, which refuses nothing", name, state, err)
			}
			for _, again := range []*plugins.Sandbox{s, open()} {
				m, err := again.Load(t.Context(), wasm)
				if err != nil {
					t.Fatalf("%s, %s cache: after a stop: %v", name, state, err)
				}
				if err := m.Close(); err != nil {
					t.Error(err)
				}
			}
		}
		if err := os.RemoveAll(cache); err != nil {
			t.Fatal(err)
		}
	}
}

// Another program may judge differently: a module that it refused is tried again.
func TestRefusalsOfAnotherProgramSayNothing(t *testing.T) {
	cache, compiled := t.TempDir(), 0
	wasm := hostileWasm(t, "memory-min")
	if _, err := counting(t, cache, &compiled, compileChild(t)).Load(t.Context(), wasm); err == nil {
		t.Fatal("it is taken")
	}
	file := filepath.Join(cache, "refused")
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for name, kept := range map[string]string{
		"another": strings.Replace(string(b), `"by":"`, `"by":"other `, 1), "garbage": "{", "empty": "",
	} {
		if err := os.WriteFile(file, []byte(kept), 0o600); err != nil {
			t.Fatal(err)
		}
		compiled = 0
		if _, err := counting(t, cache, &compiled, compileChild(t)).Load(t.Context(), wasm); err == nil || compiled != 1 {
			t.Errorf("%s: %v, and the child ran %d times, want 1", name, err, compiled)
		}
	}
}

// A module whose compiler was killed is compiled again after a restart, but not on
// each reload, because the machine may have been at fault.
func TestEndedCompilerIsTriedLater(t *testing.T) {
	cache, compiled := t.TempDir(), 0
	sleeps := func(ctx context.Context, dir string) *exec.Cmd {
		return exec.CommandContext(ctx, self(t), sleepForever, dir)
	}
	for range 2 {
		s := counting(t, cache, &compiled, sleeps)
		if err := s.LimitCompiler(compiler.Limits{Processor: time.Minute, Time: 50 * time.Millisecond}); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if _, err := s.Load(t.Context(), watWasm(t, "segments")); err == nil || !strings.Contains(err.Error(), "was killed after") {
				t.Error(err)
			}
		}
	}
	if compiled != 2 {
		t.Errorf("the child ran %d times, want 2", compiled)
	}
}

// A child that could not do its work says nothing about the module.
func TestFailedCompilerIsTriedAgain(t *testing.T) {
	compiled, child := 0, func(ctx context.Context, _ string) *exec.Cmd { return exec.CommandContext(ctx, self(t), failAtOnce) }
	s := counting(t, t.TempDir(), &compiled, func(ctx context.Context, dir string) *exec.Cmd { return child(ctx, dir) })
	if _, err := s.Load(t.Context(), watWasm(t, "segments")); err == nil {
		t.Fatal("it is taken")
	}
	child = compileChild(t)
	if _, err := s.Load(t.Context(), watWasm(t, "segments")); err != nil || compiled != 3 { // at first with and without the cache
		t.Errorf("%v, and the child ran %d times, want 3", err, compiled)
	}
}

// The number of remembered refusals is bounded.
func TestRememberedRefusalsAreBounded(t *testing.T) {
	cache := t.TempDir()
	s, err := plugins.Open(t.Context(), plugins.Options{CacheDir: cache})
	if err != nil {
		t.Fatal(err)
	}
	for n := range 400 {
		if _, err := s.Load(t.Context(), fmt.Appendf(nil, "no module, %d", n)); err == nil {
			t.Fatal("it is taken")
		}
	}
	text, err := os.ReadFile(filepath.Join(cache, "refused"))
	if err != nil {
		t.Fatal(err)
	}
	var kept struct{ Refused []any }
	if err := json.Unmarshal(text, &kept); err != nil || len(text) > 256<<10 || len(kept.Refused) != 256 {
		t.Errorf("%v, %d bytes, %d remembered", err, len(text), len(kept.Refused))
	}
}

// After Compile, Load takes the module from the cache, or refuses it without reading.
func TestCompileMakesReady(t *testing.T) {
	compiled := 0
	s := counting(t, t.TempDir(), &compiled, compileChild(t))
	for _, name := range []string{"self-named", "memory-min"} {
		wasm := hostileWasm(t, name)
		compiled = 0
		digest := manifest.Digest(wasm)
		if s.Ready(digest) {
			t.Errorf("%s is ready before it is compiled", name)
		}
		err := s.Compile(t.Context(), wasm)
		if !s.Ready(digest) || (err == nil) != (name == "self-named") {
			t.Errorf("%s: %v", name, err)
		}
		m, again := s.Load(t.Context(), wasm)
		if (again == nil) != (err == nil) || err != nil && again.Error() != err.Error() || compiled != 1 {
			t.Errorf("%s: compiled %d times, %v, then %v", name, compiled, err, again)
		}
		if m != nil {
			_ = m.Close()
		}
	}
}

// A load that was cancelled returns no module: it would lack the snapshot that every
// run starts from.
func TestLoadEndsWithItsContext(t *testing.T) {
	compiled := 0
	s := counting(t, t.TempDir(), &compiled, compileChild(t))
	wasm, err := guestWasm()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Compile(t.Context(), wasm); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Load(ctx, wasm); !errors.Is(err, context.Canceled) {
		t.Errorf("loaded: %v", err)
	}
	m, err := s.Load(t.Context(), wasm)
	if err != nil {
		t.Fatal(err)
	}
	_ = m.Close()
}

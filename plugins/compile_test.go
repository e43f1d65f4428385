package plugins_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"vega/daemon/realtest"
	"vega/plugins"
	"vega/plugins/compiler"
	"vega/plugins/manifest"
	"vega/policies/check"
)

// apart returns a sandbox that compiles in a child process, into its own cache.
func apart(t testing.TB) (s *sandbox, cache string) {
	t.Helper()
	return apartBy(t, compileChild(t))
}

// compileChild returns this program as a child that compiles without the named
// defences.
func compileChild(t testing.TB, without ...string) compiler.Command {
	t.Helper()
	program := self(t)
	return func(ctx context.Context, dir string) *exec.Cmd {
		return exec.CommandContext(ctx, program, append([]string{"compile-module", dir}, without...)...)
	}
}

// self returns the path of this program, which TestMain can turn into a child.
func self(t testing.TB) string {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func apartBy(t testing.TB, command compiler.Command) (s *sandbox, cache string) {
	t.Helper()
	var err error
	o := plugins.Options{CacheDir: filepath.Join(t.TempDir(), "cache"), Compiler: command}
	s = &sandbox{kept: map[string]string{}}
	o.KV, o.Log = s, s.log
	if s.Sandbox, err = plugins.Open(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s, o.CacheDir
}

// entries lists the files of compiled code.
func entries(t *testing.T, cache string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(cache, "*", "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestCompileApart(t *testing.T) {
	s, cache := apart(t)
	wasm := watWasm(t, "segments")
	run := func() {
		t.Helper()
		m := s.load(t, wasm)
		if got := m.Run(t.Context(), plugins.Input{Probe: "p", Timeout: time.Minute}); got.Status != check.Healthy {
			t.Fatalf("%s/%s %q", got.Status, got.Cause, got.Message)
		}
	}
	run()
	files := entries(t, cache)
	if info, err := os.Stat(cache); err != nil || info.Mode().Perm() != 0o700 || len(files) != 1 {
		t.Fatalf("%v, %v, %d files", info.Mode(), err, len(files))
	}
	before, err := os.Stat(files[0])
	if err != nil {
		t.Fatal(err)
	}
	run() // known by now
	if after, err := os.Stat(files[0]); err != nil || !os.SameFile(before, after) {
		t.Errorf("a known module was compiled again (%v)", err)
	}
}

// damages are the ways in which a disk may damage a file.
var damages = map[string]func([]byte) []byte{
	"truncated": func(b []byte) []byte { return b[:len(b)/2] },
	"emptied":   func([]byte) []byte { return nil },
	"flipped": func(b []byte) []byte {
		b[len(b)/2] ^= 0xff
		return b
	},
	"garbage": func(b []byte) []byte { return []byte(strings.Repeat("x", len(b))) },
	"removed": nil,
}

// The child makes a damaged entry again, whatever the damage, and whether the native
// code or the entry next to it is damaged.
func TestDamagedCache(t *testing.T) {
	for name, damage := range damages {
		for _, what := range []string{"*/*/*", "*/module"} {
			t.Run(name+"/"+what, func(t *testing.T) {
				real, compiled := compileChild(t), 0
				s, cache := apartBy(t, func(ctx context.Context, dir string) *exec.Cmd {
					compiled++
					return real(ctx, dir)
				})
				wasm := watWasm(t, "segments")
				s.load(t, wasm)
				files, err := filepath.Glob(filepath.Join(cache, what))
				if err != nil || len(files) != 1 {
					t.Fatalf("%v, %v", files, err)
				}
				damageFile(t, files[0], damage)
				m := s.load(t, wasm)
				if got := m.Run(t.Context(), plugins.Input{Probe: "p", Timeout: time.Minute}); got.Status != check.Healthy {
					t.Errorf("%s/%s %q", got.Status, got.Cause, got.Message)
				}
				if compiled != 2 {
					t.Errorf("the child ran %d times, want 2", compiled)
				}
			})
		}
	}
}

func damageFile(t *testing.T, file string, damage func([]byte) []byte) {
	t.Helper()
	if damage == nil {
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
		return
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, damage(b), 0o600); err != nil {
		t.Fatal(err)
	}
}

// Only the child reads a module that is not in the cache: this process would refuse
// the bytes that it is given here, and accepts what the child makes of them.
func TestOnlyTheChildReads(t *testing.T) {
	wasm := filepath.Join(t.TempDir(), "segments.wasm")
	if err := os.WriteFile(wasm, watWasm(t, "segments"), 0o600); err != nil {
		t.Fatal(err)
	}
	compiled := 0
	s, _ := apartBy(t, func(ctx context.Context, dir string) *exec.Cmd {
		compiled++
		return exec.CommandContext(ctx, "/bin/sh", "-c", `exec "$0" compile-module "$1" <"$2"`, os.Args[0], dir, wasm)
	})
	for range 3 {
		m := s.load(t, []byte("no module at all"))
		if got := m.Run(t.Context(), plugins.Input{Probe: "p", Timeout: time.Minute}); got.Status != check.Healthy {
			t.Errorf("%s/%s %q", got.Status, got.Cause, got.Message)
		}
	}
	if compiled != 1 {
		t.Errorf("the child ran %d times, want 1", compiled)
	}
}

// A module that is compiled in this process runs even if the cache can't be written
// to, and is not refused for it.
func TestCacheIsOptional(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{file, filepath.Join(file, "below")} {
		s, err := plugins.Open(t.Context(), plugins.Options{CacheDir: dir})
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			m, err := s.Load(t.Context(), watWasm(t, "segments"))
			if err != nil {
				t.Fatal(err)
			}
			if got := m.Run(t.Context(), plugins.Input{Probe: "p", Timeout: time.Minute}); got.Status != check.Healthy {
				t.Errorf("%s/%s %q", got.Status, got.Cause, got.Message)
			}
			_ = m.Close() // it only unmaps code
		}
	}
}

// Several sandboxes that load a module concurrently through one cache all get it.
func TestOneCacheForMany(t *testing.T) {
	cache := filepath.Join(t.TempDir(), "cache")
	wasm := watWasm(t, "segments")
	var all sync.WaitGroup
	for n := range 8 {
		o := plugins.Options{CacheDir: cache}
		if n%2 == 0 {
			o.Compiler = compileChild(t)
		}
		s, err := plugins.Open(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		all.Go(func() {
			m, err := s.Load(t.Context(), wasm)
			if err != nil {
				t.Error(err)
				return
			}
			_ = m.Close() // it only unmaps code
		})
	}
	all.Wait()
	if left, err := os.ReadDir(cache); err != nil || len(left) != 1 {
		t.Errorf("%v, %v", left, err)
	}
}

// A module from the cache declares the same as when it was first loaded.
func TestCachedModuleIsTheSame(t *testing.T) {
	s, _ := apart(t)
	bare, err := guestWasm()
	if err != nil {
		t.Fatal(err)
	}
	want, err := manifest.Read(bare)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		m := s.load(t, bare)
		if !reflect.DeepEqual(m.Module.Module, want) {
			t.Errorf("%+v\nwant %+v", m.Module.Module, want)
		}
	}
}

func TestCompilerFails(t *testing.T) {
	cache := t.TempDir()
	s, err := plugins.Open(t.Context(), plugins.Options{CacheDir: cache, Compiler: func(ctx context.Context, _ string) *exec.Cmd {
		return exec.CommandContext(ctx, self(t), failAtOnce)
	}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Load(t.Context(), watWasm(t, "segments")); err == nil || !strings.Contains(err.Error(), `it did not compile: its compiler failed: exit status 1`) {
		t.Error(err)
	}
	if left, err := os.ReadDir(cache); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// A compiler that does not finish is killed when its time is up or the load is
// cancelled, and waited for. Runs go on meanwhile, and the next module compiles.
func TestCompilerIsEnded(t *testing.T) {
	real := compileChild(t, "check")
	sleeps := func(ctx context.Context, dir string) *exec.Cmd {
		return exec.CommandContext(ctx, self(t), sleepForever, dir)
	}
	for name, c := range map[string]struct {
		compiler  func(context.Context, string) *exec.Cmd
		within    time.Duration
		cancelled bool // the load
		says      string
	}{
		"compiling": {real, 700 * time.Millisecond, false, "it does not compile: its compiler was killed after 700ms"},
		"asleep":    {sleeps, 300 * time.Millisecond, false, "it does not compile: its compiler was killed after 300ms"},
		"cancelled": {sleeps, time.Hour, true, "context canceled"},
	} {
		t.Run(name, func(t *testing.T) {
			var child *exec.Cmd
			s, cache := apartBy(t, func(ctx context.Context, dir string) *exec.Cmd {
				if child == nil { // the first is for the module that runs
					child = real(ctx, dir)
				} else {
					child = c.compiler(ctx, dir)
				}
				return child
			})
			served := s.load(t, watWasm(t, "segments"))
			s.limitCompiler(t, compiler.Limits{Processor: time.Minute, Time: c.within})
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			refused := make(chan error, 1)
			go func() {
				_, err := s.Load(ctx, hostileWasm(t, "compile-ifs"))
				refused <- err
			}()
			for range 3 {
				if got := served.Run(t.Context(), plugins.Input{Probe: "p", Timeout: time.Minute}); got.Status != check.Healthy {
					t.Fatalf("a run meanwhile: %s/%s %q", got.Status, got.Cause, got.Message)
				}
			}
			if c.cancelled {
				realtest.Until(t, "the compiler runs", func() bool {
					begun, err := filepath.Glob(filepath.Join(cache, "compiling-*", asleep))
					return err == nil && len(begun) > 0
				})
				if len(refused) > 0 {
					t.Errorf("the load ended by itself: %v", <-refused)
				}
				cancel()
			}
			if err := <-refused; err == nil || err.Error() != c.says {
				t.Fatalf("%v, want %q", err, c.says)
			}
			if child.ProcessState == nil || child.ProcessState.String() != "signal: killed" {
				t.Errorf("the child: %v", child.ProcessState)
			}
			if left, err := filepath.Glob(filepath.Join(cache, "compiling-*")); err != nil || len(left) > 0 {
				t.Errorf("left behind: %v, %v", left, err)
			}
			s.limitCompiler(t, compiler.DefaultLimits)
			c.compiler = real
			if got := s.load(t, hostileWasm(t, "self-named")).Run(t.Context(), plugins.Input{Probe: "p", Timeout: time.Minute}); got.Status != check.Healthy {
				t.Errorf("the next: %s/%s %q", got.Status, got.Cause, got.Message)
			}
		})
	}
}

package plugins_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vega/plugins"
)

// apart is a sandbox that compiles in a child process, into its own cache.
func apart(t testing.TB) (s *sandbox, cache string) {
	t.Helper()
	return apartBy(t, compileChild(t))
}

// compileChild is this program as a child that compiles.
func compileChild(t testing.TB) func(context.Context, string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return func(ctx context.Context, dir string) *exec.Cmd {
		return exec.CommandContext(ctx, self, "compile-module", dir)
	}
}

func apartBy(t testing.TB, compiler func(context.Context, string) *exec.Cmd) (s *sandbox, cache string) {
	t.Helper()
	var err error
	o := plugins.Options{CacheDir: filepath.Join(t.TempDir(), "cache"), Compiler: compiler}
	s = &sandbox{kept: map[string]string{}}
	o.KV, o.Log = s, s.log
	if s.Sandbox, err = plugins.Open(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s, o.CacheDir
}

// entries are the files of compiled code.
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
		if got := m.Run(t.Context(), plugins.Input{Probe: "p", Timeout: 5 * time.Second}); got.Status != plugins.Healthy {
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

// A damaged entry is replaced, whatever the damage.
func TestDamagedCache(t *testing.T) {
	for name, damage := range map[string]func([]byte) []byte{
		"truncated": func(b []byte) []byte { return b[:len(b)/2] },
		"emptied":   func([]byte) []byte { return nil },
		"flipped": func(b []byte) []byte {
			b[len(b)/2] ^= 0xff
			return b
		},
		"garbage": func(b []byte) []byte { return []byte(strings.Repeat("x", len(b))) },
	} {
		t.Run(name, func(t *testing.T) {
			s, cache := apart(t)
			wasm := watWasm(t, "segments")
			s.load(t, wasm)
			file := entries(t, cache)[0]
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, damage(b), 0o600); err != nil {
				t.Fatal(err)
			}
			m := s.load(t, wasm)
			if got := m.Run(t.Context(), plugins.Input{Probe: "p", Timeout: 5 * time.Second}); got.Status != plugins.Healthy {
				t.Errorf("%s/%s %q", got.Status, got.Cause, got.Message)
			}
		})
	}
}

func TestCompilerFails(t *testing.T) {
	cache := t.TempDir()
	s, err := plugins.Open(t.Context(), plugins.Options{CacheDir: cache, Compiler: func(ctx context.Context, _ string) *exec.Cmd {
		return exec.CommandContext(ctx, "/bin/false")
	}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Load(t.Context(), watWasm(t, "segments")); err == nil || !strings.Contains(err.Error(), "it does not compile: its compiler exit status 1") {
		t.Error(err)
	}
	if left, err := os.ReadDir(cache); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// A compiler that does not come to an end is ended, and waited for: by its time
// or with the load. Runs go on meanwhile, and the next module compiles.
func TestCompilerIsEnded(t *testing.T) {
	real := compileChild(t)
	sleeps := func(ctx context.Context, _ string) *exec.Cmd { return exec.CommandContext(ctx, "sleep", "600") }
	for name, c := range map[string]struct {
		compiler     func(context.Context, string) *exec.Cmd
		within, load time.Duration
		says         string
	}{
		"compiling": {real, 700 * time.Millisecond, time.Minute, "it does not compile: its compiler was ended after 700ms"},
		"asleep":    {sleeps, 300 * time.Millisecond, time.Minute, "it does not compile: its compiler was ended after 300ms"},
		"unwanted":  {sleeps, time.Minute, 300 * time.Millisecond, "context deadline exceeded"},
	} {
		t.Run(name, func(t *testing.T) {
			var child *exec.Cmd
			s, cache := apartBy(t, func(ctx context.Context, dir string) *exec.Cmd {
				if child == nil { // the first is for the module that is served
					child = real(ctx, dir)
				} else {
					child = c.compiler(ctx, dir)
				}
				return child
			})
			served := s.load(t, watWasm(t, "segments"))
			s.Without(true, false)
			s.CompileWithin(c.within)
			ctx, cancel := context.WithTimeout(t.Context(), c.load)
			defer cancel()
			refused := make(chan error, 1)
			go func() {
				_, err := s.Load(ctx, hostileWasm(t, "compile-ifs"))
				refused <- err
			}()
			var err error
			for runs := 0; err == nil; runs++ {
				if got := served.Run(t.Context(), plugins.Input{Probe: "p", Timeout: 5 * time.Second}); got.Status != plugins.Healthy {
					t.Fatalf("run %d: %s/%s %q", runs, got.Status, got.Cause, got.Message)
				}
				select {
				case err = <-refused:
					if err == nil || err.Error() != c.says || runs == 0 {
						t.Fatalf("%v after %d runs, want %q", err, runs, c.says)
					}
				default:
				}
			}
			if child.ProcessState == nil || child.ProcessState.String() != "signal: killed" {
				t.Errorf("the child: %v", child.ProcessState)
			}
			if left, err := filepath.Glob(filepath.Join(cache, "compiling-*")); err != nil || len(left) > 0 {
				t.Errorf("left behind: %v, %v", left, err)
			}
			s.CompileWithin(time.Minute)
			c.compiler = real
			if got := s.load(t, hostileWasm(t, "self-named")).Run(t.Context(), plugins.Input{Probe: "p", Timeout: 5 * time.Second}); got.Status != plugins.Healthy {
				t.Errorf("the next: %s/%s %q", got.Status, got.Cause, got.Message)
			}
		})
	}
}

// What nobody has loaded for long is removed, and what is in use stays.
func TestCacheIsTidied(t *testing.T) {
	cache := t.TempDir()
	old := time.Now().Add(-40 * 24 * time.Hour)
	for _, name := range []string{"unused", "compiling-1", "fresh"} {
		if err := os.Mkdir(filepath.Join(cache, name), 0o700); err != nil {
			t.Fatal(err)
		}
		if name != "fresh" {
			if err := os.Chtimes(filepath.Join(cache, name), old, old); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := plugins.Open(t.Context(), plugins.Options{CacheDir: cache}); err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadDir(cache)
	if err != nil || len(left) != 1 || left[0].Name() != "fresh" {
		t.Errorf("%v, %v", left, err)
	}
}

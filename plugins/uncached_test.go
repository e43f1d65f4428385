package plugins_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vega/daemon/realtest"
	"vega/plugins"
	"vega/plugins/manifest"
	"vega/plugins/shortage"
	"vega/policies/check"
)

// withoutCache returns a sandbox that compiles in a child process, counts the
// children, and records what is said about the cache in dir.
func withoutCache(t *testing.T, dir string) (s *plugins.Sandbox, children *int, said *[]error) {
	t.Helper()
	children, said = new(int), &[]error{}
	real := compileChild(t)
	o := plugins.Options{CacheDir: dir, CacheNotice: func(err error) { *said = append(*said, err) }}
	o.Compiler = func(ctx context.Context, dir string) *exec.Cmd {
		*children++
		return real(ctx, dir)
	}
	s, err := plugins.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s, children, said
}

// runOnce loads a module and runs it.
func runOnce(t *testing.T, s *plugins.Sandbox, wasm []byte) {
	t.Helper()
	m, err := s.Load(t.Context(), wasm)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if got := m.Run(t.Context(), plugins.Input{Probe: "p", Timeout: time.Minute}); got.Status != check.Healthy {
		t.Errorf("%s/%s %q", got.Status, got.Cause, got.Message)
	}
}

// TestUnknownModuleRunsWithoutCache checks that a module of a stranger is tried by a
// child and then runs, whatever keeps the cache from being written to, that this is
// said once, and that the cache is used when it can be.
func TestUnknownModuleRunsWithoutCache(t *testing.T) {
	wasm := watWasm(t, "segments")
	digest := manifest.Digest(wasm)
	for name, c := range map[string]struct {
		below string // the path of the cache in the directory that is spoiled
		spoil func(path string) error
	}{
		"a file":             {"", func(path string) error { return os.WriteFile(path, nil, 0o600) }},
		"a file in its path": {"cache", func(path string) error { return os.WriteFile(path, nil, 0o600) }},
		"a link to nothing":  {"", func(path string) error { return os.Symlink(path+"/gone/far", path) }},
	} {
		t.Run(name, func(t *testing.T) {
			spoiled := filepath.Join(t.TempDir(), "data")
			dir := filepath.Join(spoiled, c.below)
			if err := c.spoil(spoiled); err != nil {
				t.Fatal(err)
			}
			s, children, said := withoutCache(t, dir)
			for range 3 {
				if err := s.Compile(t.Context(), wasm); err != nil {
					t.Fatal(err)
				}
				runOnce(t, s, wasm)
			}
			if *children != 1 || len(*said) != 1 || (*said)[0] == nil || !s.Uncached() || !s.Ready(digest) {
				t.Fatalf("%d children, said %v", *children, *said)
			}
			if err := s.Keep(t.Context(), wasm); err == nil || len(*said) != 1 {
				t.Fatalf("kept without a cache: %v; said %v", err, *said)
			}
			if err := os.Remove(spoiled); err != nil {
				t.Fatal(err)
			}
			for range 2 {
				if err := s.Keep(t.Context(), wasm); err != nil {
					t.Fatal(err)
				}
			}
			if *children != 2 || len(*said) != 2 || (*said)[1] != nil || s.Uncached() {
				t.Fatalf("%d children, said %v", *children, *said)
			}
			again, children, said := withoutCache(t, dir)
			runOnce(t, again, wasm)
			if *children != 0 || len(*said) != 0 {
				t.Errorf("%d children after a restart, said %v", *children, *said)
			}
		})
	}
}

// TestRefusalsWithoutCache checks that a module that would be refused is refused for
// the same reason without a cache, by the child.
func TestRefusalsWithoutCache(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"memory-min", "count-locals", "sections-swapped"} {
		wasm := hostileWasm(t, name)
		with, _, _ := withoutCache(t, filepath.Join(t.TempDir(), "cache"))
		without, children, _ := withoutCache(t, dir)
		_, want := with.Load(t.Context(), wasm)
		_, got := without.Load(t.Context(), wasm)
		if want == nil || got == nil || got.Error() != want.Error() || !plugins.IsRefusal(got) || *children != 1 {
			t.Errorf("%s: %v, want %v; %d children", name, got, want, *children)
		}
		if _, again := without.Load(t.Context(), wasm); again == nil || *children != 1 {
			t.Errorf("%s: refused with %v, after %d children", name, again, *children)
		}
	}
}

// TestFullDiskWithoutCache checks that the cache leaves the last of a disk to others,
// and says how much it needs.
func TestFullDiskWithoutCache(t *testing.T) {
	disk := realtest.SmallDisk(t, 4<<20)
	s, _, said := withoutCache(t, filepath.Join(disk, "cache"))
	runOnce(t, s, watWasm(t, "segments"))
	if len(*said) != 1 || shortage.Of((*said)[0]) == nil || !strings.Contains((*said)[0].Error(), "needs 8 MiB for a module, and its disk has ") {
		t.Errorf("said %v", *said)
	}
	if left, err := filepath.Glob(filepath.Join(disk, "cache", "*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

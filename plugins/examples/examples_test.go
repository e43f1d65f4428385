package examples_test

import (
	"context"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"vega/daemon/config"
	"vega/daemon/realtest"
	"vega/daemon/realtest/cases"
	"vega/daemon/realtest/compiled"
	"vega/plugins/build"
	"vega/plugins/examples"
	"vega/plugins/plugintest"
)

// In every language, the project of a new plugin builds with its own SDK,
// passes its tests and withstands every fault.
func TestProjects(t *testing.T) {
	for _, l := range examples.Languages() {
		t.Run(string(l), func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "mine")
			block, err := examples.Write(dir, "mine", l)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(block, "probe    = mine.queue") {
				t.Errorf("the block to paste:\n%s", block)
			}
			wasm := compile(t, dir)
			k, err := plugintest.Open(t.Context(), wasm, plugintest.Options{CacheDir: compiled.Cache()})
			if err != nil {
				t.Fatal(err)
			}
			defer k.Close()
			paths, err := filepath.Glob(filepath.Join(dir, "tests", "*.json"))
			if err != nil || len(paths) != 3 {
				t.Fatal(err, paths)
			}
			for _, path := range paths {
				try(t, k, path)
			}
			// The same sources give the same bytes in any directory.
			again := filepath.Join(t.TempDir(), "other place", "mine")
			if err := os.MkdirAll(filepath.Dir(again), 0o755); err != nil {
				t.Fatal(err)
			}
			if _, err := examples.Write(again, "mine", l); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(wasm, compile(t, again)) {
				t.Error("a build in another directory gives another module")
			}
		})
	}
}

func try(t *testing.T, k *plugintest.Kit, path string) {
	t.Helper()
	c, err := plugintest.ReadCase(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range c.Differs(cases.Replay(t, k, c)) {
		t.Errorf("%s: %s", filepath.Base(path), d)
	}
	verdicts := cases.Faults(t, k, c)
	if len(verdicts) < 15 {
		t.Errorf("tried %d faults", len(verdicts))
	}
	for _, v := range verdicts {
		if v.Wrong+v.Advice != "" && v.Cause != "host" {
			t.Errorf("%s: %s: %s (%s): %s%s", filepath.Base(path), v.Fault, v.Status, v.Message, v.Wrong, v.Advice)
		}
	}
}

func compile(t testing.TB, dir string) []byte {
	t.Helper()
	m, diags := config.LoadManifest(filepath.Join(dir, "plugin.hcl"))
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	l, err := build.Detect(dir)
	if err != nil {
		t.Fatal(err)
	}
	realtest.Toolchain(t, l, false)
	wasm, err := build.Plugin(context.Background(), dir, m)
	if err != nil {
		t.Fatal(err)
	}
	return wasm
}

// The Go project has a test of its own that runs without vega.
func TestGoProject(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "mine")
	if _, err := examples.Write(dir, "mine", build.Go); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"vet", "./..."}, {"test", "./..."}} {
		cmd := exec.CommandContext(t.Context(), "go", args...)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOFLAGS=", "GOPROXY=off", "GOWORK=off")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("go %v: %v\n%s", args, err, out)
		}
	}
}

func TestRefused(t *testing.T) {
	there := t.TempDir()
	for want, err := range maps.All(map[string]error{
		"is not a valid plugin name": write(filepath.Join(there, "a"), "No", build.Go),
		"is reserved":                write(filepath.Join(there, "b"), "core", build.Go),
		`"policies" is reserved`:     write(filepath.Join(there, "b"), "policies", build.Go),
		"exists already":             write(there, "fine", build.Go),
		"unknown language":           write(filepath.Join(there, "c"), "fine", "cobol"),
	}) {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if left, err := os.ReadDir(there); err != nil || len(left) > 0 {
		t.Errorf("%v: it left %v behind", err, left)
	}
}

func write(dir, name string, l build.Language) error {
	_, err := examples.Write(dir, name, l)
	return err
}

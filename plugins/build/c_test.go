package build_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vega/daemon/realtest"
	"vega/plugins/build"
)

// The author sees warnings, and a wasm-opt in PATH, which clang would call on
// its own, does not affect the module.
func TestC(t *testing.T) {
	realtest.Toolchain(t, build.C, false)
	dir := write(t, t.TempDir(), map[string]string{
		"main.c": "int helper(int i);\n__attribute__((export_name(\"vega_run\"))) int vega_run(int i) { int unused; return helper(i); }\n",
		"more.c": "int helper(int i);\nint helper(int i) { return i; }\n",
	})
	bin := t.TempDir()
	if err := os.WriteFile(filepath.Join(bin, "wasm-opt"), []byte("#!/bin/sh\necho called >&2\nexit 1\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	var said strings.Builder
	if _, err := build.WithWarnings(t.Context(), dir, named, &said); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(said.String(), "unused variable") || strings.Contains(said.String(), "called") {
		t.Errorf("it says %q", said.String())
	}
}

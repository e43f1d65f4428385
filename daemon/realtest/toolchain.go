package realtest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"vega/plugins/build"
	"vega/plugins/manifest"
)

// Toolchain skips the test unless the complete toolchain of a language is installed
// and builds a small program. With command, that is the toolchain for WASI commands,
// and otherwise the one for probes.
func Toolchain(t testing.TB, l build.Language, command bool) {
	t.Helper()
	if err := Ready(t.Context(), l, command); err != nil {
		Missing(t, err.Error())
	}
}

// Ready returns nil if the toolchain is complete and builds a small program, and
// otherwise what is missing. A part may be there and still not do: a compiler without
// headers, an old one, or a wrapper of another one.
func Ready(ctx context.Context, l build.Language, command bool) error {
	if err := build.Ready(ctx, l, command); err != nil || l == build.Go {
		return err
	}
	one, _ := trials.LoadOrStore(trial{l, command, os.Getenv("PATH")}, sync.OnceValue(func() error { return buildSmall(l, command) }))
	return one.(func() error)() //nolint:forcetypeassert // nothing else is stored
}

// trial is what the outcome of a trial depends on.
type trial struct {
	language build.Language
	command  bool
	path     string
}

// trials holds a func() error for each trial.
var trials sync.Map

// buildSmall builds the small program.
func buildSmall(l build.Language, command bool) error {
	files, m := probes[l], &manifest.Manifest{ABI: manifest.V1, Name: "small", Version: "1", Probes: []manifest.Probe{{Name: "p"}}}
	if command {
		files, m.ABI = commands[l], manifest.Nagios
	}
	dir, err := os.MkdirTemp("", "vega-trial-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			return err
		}
	}
	if _, err := build.Plugin(context.Background(), dir, m); err != nil {
		what := "probe"
		if command {
			what = "command"
		}
		return fmt.Errorf("the toolchain for a %s in %s does not build a small program: %s", what, l, strings.TrimSpace(err.Error()))
	}
	return nil
}

// probes are the small programs, without Go: its toolchain runs the tests.
var probes = map[build.Language]map[string]string{
	build.C: {"main.c": `#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

__attribute__((export_name("vega_run"))) int run(int index) { return index; }
`},
	build.Rust: {
		"Cargo.toml": "[package]\nname = \"small\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n[lib]\ncrate-type = [\"cdylib\"]\n",
		"src/lib.rs": `#![no_std]

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}

#[no_mangle]
pub extern "C" fn vega_run(index: i32) -> i32 {
    index
}
`,
	},
	build.AssemblyScript: {
		"asconfig.json":     `{"entries": ["assembly/index.ts"], "options": {"use": ["abort="]}}`,
		"assembly/index.ts": "export function vega_run(index: i32): i32 {\n  return index;\n}\n",
	},
}

// commands are the same for WASI commands.
var commands = map[build.Language]map[string]string{
	build.C: {"main.c": `#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv) {
	printf("%f %d\\n", floor(atof(argv[argc - 1])), (int)time(NULL));
	return 0;
}
`},
	build.Rust: {
		"Cargo.toml":  "[package]\nname = \"small\"\nversion = \"0.1.0\"\nedition = \"2021\"\n",
		"src/main.rs": "fn main() {\n    println!(\"ok\");\n}\n",
	},
}

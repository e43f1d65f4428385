package build_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"vega/daemon/realtest"
	"vega/plugins/build"
	"vega/plugins/manifest"
)

// minimal holds projects of one probe that reports "ok", without an SDK.
var minimal = map[build.Language]map[string]string{
	build.Go: {
		"go.mod": "module example.com/minimal\n\ngo 1.24\n",
		"main.go": `package main

import "unsafe"

//go:wasmimport vega_v1 message
func message(text unsafe.Pointer, n uint32)

//go:wasmexport vega_run
func run(int32) int32 {
	message(unsafe.Pointer(unsafe.StringData("ok")), 2)
	return 0
}

func main() {}
`,
	},
	build.C: {
		"main.c": `__attribute__((import_module("vega_v1"), import_name("message"))) void message(const char *text, int n);
__attribute__((export_name("vega_run"))) int run(int index) {
	(void)index;
	message("ok", 2);
	return 0;
}
`,
	},
	build.Rust: {
		"Cargo.toml": `[package]
name = "minimal"
version = "0.1.0"
edition = "2021"

[lib]
crate-type = ["cdylib"]
`,
		"src/lib.rs": `#![no_std]

#[link(wasm_import_module = "vega_v1")]
extern "C" {
    fn message(text: *const u8, len: usize);
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}

#[no_mangle]
pub extern "C" fn vega_run(_: i32) -> i32 {
    unsafe { message("ok".as_ptr(), 2) };
    0
}
`,
	},
	build.AssemblyScript: {
		"asconfig.json": `{"entries": ["assembly/index.ts"], "options": {"use": ["abort="]}}`,
		"assembly/index.ts": `// @ts-ignore: decorator
@external("vega_v1", "message")
declare function message(text: usize, len: u32): void;

export function vega_run(index: i32): i32 {
  const text = String.UTF8.encode("ok");
  message(changetype<usize>(text), <u32>text.byteLength);
  return 0;
}
`,
	},
}

// commands holds minimal programs that print "ok" for Nagios.
var commands = map[build.Language]map[string]string{
	build.Go: {
		"go.mod":  "module example.com/minimal\n\ngo 1.24\n",
		"main.go": "package main\n\nimport \"fmt\"\n\nfunc main() { fmt.Println(\"ok\") }\n",
	},
	build.C: {
		"main.c": "#include <stdio.h>\n\nint main(void) {\n\tputs(\"ok\");\n\treturn 0;\n}\n",
	},
	build.Rust: {
		"Cargo.toml":  "[package]\nname = \"minimal\"\nversion = \"0.1.0\"\nedition = \"2021\"\n",
		"src/main.rs": "fn main() {\n    println!(\"ok\");\n}\n",
	},
}

var asCommand = &manifest.Manifest{ABI: manifest.Nagios, Name: "minimal", Version: "1", Probes: []manifest.Probe{{Name: "p"}}}

var named = &manifest.Manifest{ABI: manifest.V1, Name: "minimal", Version: "1", Probes: []manifest.Probe{{Name: "p"}}}

func write(t *testing.T, dir string, files map[string]string) string {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// Each language builds, and to the same bytes in any directory.
func TestPlugin(t *testing.T) {
	for _, l := range build.Languages() {
		t.Run(string(l), func(t *testing.T) { builds(t, minimal[l], l, named, "vega_run") })
		if commands[l] != nil {
			t.Run(string(l)+"/command", func(t *testing.T) { builds(t, commands[l], l, asCommand, "_start") })
		}
	}
}

func builds(t *testing.T, project map[string]string, l build.Language, m *manifest.Manifest, export string) {
	realtest.Toolchain(t, l, m == asCommand)
	var first []byte
	for _, place := range []string{"here", "some where [else]"} {
		t.Setenv("CARGO_TARGET_DIR", t.TempDir())
		dir := write(t, filepath.Join(t.TempDir(), place), project)
		if got, err := build.Detect(dir); got != l || err != nil {
			t.Fatalf("%s, %v", got, err)
		}
		wasm, err := build.Plugin(t.Context(), dir, m)
		if err != nil {
			t.Fatal(err)
		}
		read, err := manifest.Read(wasm)
		if err != nil || read.Manifest.Name != "minimal" || !slices.Contains(read.Exports, manifest.Export{Name: export}) {
			t.Fatalf("%v, %+v", err, read)
		}
		if first == nil {
			first = wasm
		}
		if !bytes.Equal(first, wasm) {
			t.Error("a build in another directory gives other bytes")
		}
	}
	t.Logf("%d bytes", len(first))
}

// An error about a missing part says what to do.
func TestMistakes(t *testing.T) {
	t.Setenv("CARGO_TARGET_DIR", t.TempDir())
	dir := t.TempDir()
	if _, err := build.Plugin(t.Context(), dir, named); err == nil || !strings.Contains(err.Error(), "contains no plugin source") {
		t.Errorf("empty: %v", err)
	}
	write(t, dir, minimal[build.C])
	write(t, dir, minimal[build.Go])
	if _, err := build.Plugin(t.Context(), dir, named); err == nil || !strings.Contains(err.Error(), "more than one language") {
		t.Errorf("two languages: %v", err)
	}
	missing := func(err error) bool { return errors.As(err, new(*build.MissingError)) }
	for l, file := range map[build.Language]string{build.Go: "main.go", build.C: "main.c", build.Rust: "src/lib.rs"} {
		broken := write(t, filepath.Join(t.TempDir(), string(l)), minimal[l])
		write(t, broken, map[string]string{file: minimal[l][file] + "\nsurely not\n"})
		_, err := build.Plugin(t.Context(), broken, named)
		if err == nil || !strings.Contains(err.Error(), file) && !missing(err) {
			t.Errorf("%s: the error does not name the file: %v", l, err)
		}
	}
	library := map[string]string{"Cargo.toml": commands[build.Rust]["Cargo.toml"], "src/lib.rs": "pub fn f() {}\n"}
	if _, err := build.Plugin(t.Context(), write(t, t.TempDir(), library), asCommand); err == nil || !strings.Contains(err.Error(), "src/main.rs") && !missing(err) {
		t.Errorf("a library for a command: %v", err)
	}
	t.Setenv("PATH", t.TempDir())
	for _, l := range build.Languages() {
		_, err := build.Plugin(t.Context(), write(t, filepath.Join(t.TempDir(), string(l)), minimal[l]), named)
		if !missing(err) || !strings.Contains(err.Error(), "install") {
			t.Errorf("%s without its toolchain: %v", l, err)
		}
	}
}

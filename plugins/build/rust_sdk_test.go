package build_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"vega/daemon/realtest"
	"vega/plugins/build"
	"vega/plugins/manifest"
)

// indexes is a project that uses the SDK, one directory up. Its probe panics on
// an index in the SDK, in the project and in the standard library.
var indexes = map[string]string{
	"probe/Cargo.toml": `[package]
name = "indexes"
version = "0.1.0"
edition = "2021"

[lib]
crate-type = ["cdylib"]

[dependencies]
vega = { path = "../sdk" }
`,
	"probe/src/lib.rs": `#![no_std]
use vega::{config, healthy, Probed, StaticText};

static TEXT: StaticText<10> = StaticText::new();

vega::probes! { "p" => p }

fn p() -> Probed {
    let (_a, _b) = (TEXT.borrow_mut(), TEXT.borrow_mut());
    let i = config::integer("i")? as usize;
    let table = [i; 100];
    Ok(healthy!("{} {}", table[i], &_a[i..]))
}
`,
}

// A Rust project uses crates from other directories, above all the SDK. The
// module contains none of those paths, and the build leaves no files there.
func TestRustWithSDK(t *testing.T) {
	t.Setenv("CARGO_TARGET_DIR", "")
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	var first []byte
	for _, place := range []string{"here", "some/where else"} {
		root := write(t, filepath.Join(t.TempDir(), place), indexes)
		if err := os.CopyFS(filepath.Join(root, "sdk"), os.DirFS("../../sdk/rust")); err != nil {
			t.Fatal(err)
		}
		wasm := rust(t, filepath.Join(root, "probe"))
		if first == nil {
			first = wasm
		}
		if !bytes.Equal(first, wasm) {
			t.Error("a build in another directory gives other bytes")
		}
		home, err := os.UserHomeDir()
		if err != nil {
			t.Fatal(err)
		}
		for _, leak := range []string{root, home + "/"} {
			if bytes.Contains(wasm, []byte(leak)) {
				t.Errorf("the module contains %s", leak)
			}
		}
		for _, file := range []string{"src/lib.rs", "vega-1.0.0/src/static_text.rs"} {
			if !bytes.Contains(wasm, []byte(file)) {
				t.Errorf("the module does not contain %s, so a panic cannot report it", file)
			}
		}
		var left []string
		entries, err := os.ReadDir(filepath.Join(root, "probe"))
		for _, e := range entries {
			left = append(left, e.Name())
		}
		if want := []string{"Cargo.lock", "Cargo.toml", "src"}; err != nil || !slices.Equal(left, want) {
			t.Errorf("the project contains %v, want %v (%v)", left, want, err)
		}
	}
	t.Logf("%d bytes", len(first))
}

// A module imports only what its probes call.
func TestRustImports(t *testing.T) {
	t.Setenv("CARGO_TARGET_DIR", t.TempDir())
	sdk, err := filepath.Abs("../../sdk/rust")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		features, attribute, call string
		want                      []string
	}{
		{"", "#![no_std]", `Ok(vega::healthy!("fine"))`, []string{"config", "log", "message"}},
		{"", "#![no_std]", `vega::kv::set("a", "b")?; Ok(vega::healthy!("fine"))`, []string{"config", "error", "kv_set", "log", "message"}},
		{"", "#![no_std]", `vega::net::dial(vega::net::Network::Udp, "a")?; Ok(vega::unknown!("fine"))`, []string{"close", "config", "dial", "error", "log", "message"}},
		{", default-features = false", "", `Ok(vega::healthy!("{}", vec!["with", "std"].join(" ")))`, []string{"config", "message"}},
	} {
		dir := write(t, t.TempDir(), map[string]string{
			"Cargo.toml": minimal[build.Rust]["Cargo.toml"] + "\n[dependencies]\nvega = { path = \"" + sdk + "\"" + c.features + " }\n",
			"src/lib.rs": c.attribute + "\nvega::probes! { \"p\" => p }\nfn p() -> vega::Probed { " + c.call + " }\n",
		})
		read, err := manifest.Read(rust(t, dir))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, i := range read.Imports {
			if i.Module != manifest.V1 {
				t.Errorf("%s imports from %s", c.call, i.Module)
			}
			got = append(got, i.Name)
		}
		slices.Sort(got)
		if !slices.Equal(got, c.want) {
			t.Errorf("%s imports %v, want %v", c.call, got, c.want)
		}
	}
}

func rust(t *testing.T, dir string) []byte {
	t.Helper()
	realtest.Toolchain(t, build.Rust, false)
	wasm, err := build.Plugin(t.Context(), dir, named)
	if err != nil {
		t.Fatal(err)
	}
	return wasm
}

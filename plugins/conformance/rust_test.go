package conformance_test

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
	"vega/plugins/build"
	"vega/plugins/manifest"
	"vega/policies/check"
)

// A panic in Rust reports its message and location, but nothing about the
// machine that built the plugin.
func TestRustPanics(t *testing.T) {
	realtest.Toolchain(t, build.Rust, false)
	t.Setenv("CARGO_TARGET_DIR", t.TempDir())
	sdk, err := filepath.Abs("../../sdk/rust")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, text := range map[string]string{
		"Cargo.toml": "[package]\nname = \"panics\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n[lib]\ncrate-type = [\"cdylib\"]\n\n[dependencies]\nvega = { path = \"" + sdk + "\" }\n",
		"lib.rs": `#![no_std]
static TEXT: vega::StaticText<9> = vega::StaticText::new();
vega::probes! { "own" => own, "sdk" => sdk }
fn own() -> vega::Outcome { panic!("{} sheep\nare missing", 3) }
fn sdk() -> vega::Outcome { let _one = TEXT.borrow_mut(); let _two = TEXT.borrow_mut(); vega::healthy!("never") }
`,
	} {
		if name == "lib.rs" {
			name = filepath.Join("src", name)
			if err := os.Mkdir(filepath.Join(dir, "src"), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	m := &manifest.Manifest{ABI: manifest.V1, Name: "panics", Version: "1", Probes: []manifest.Probe{{Name: "own"}, {Name: "sdk"}, {Name: "absent"}}}
	wasm, err := build.Plugin(t.Context(), dir, m)
	if err != nil {
		t.Fatal(err)
	}
	s := newSandbox(t, newWorld(t))
	loaded, err := s.Load(t.Context(), wasm)
	if err != nil {
		t.Fatal(err)
	}
	defer loaded.Close()
	for probe, want := range map[string][]string{
		"own":    {"the probe panicked at ", "3 sheep are missing", "src/lib.rs:4:"},
		"sdk":    {"the probe panicked at ", "the StaticText is borrowed already", "vega-1.0.0/src/static_text.rs:"},
		"absent": {`the plugin registers no probe "absent", which its manifest declares: add it to vega::probes!`},
	} {
		s.logs = nil
		got := loaded.Run(t.Context(), plugins.Input{Integration: "i", Probe: probe, Timeout: realtest.Patience})
		if got.Status != check.Unknown || got.Cause != check.Probe {
			t.Errorf("%s: %s/%s", probe, got.Status, got.Cause)
		}
		texts := map[string]string{"message": got.Message, "log": strings.Join(s.logs, "\n")}
		if probe == "absent" {
			delete(texts, "log")
		}
		for where, text := range texts {
			for _, part := range want {
				if !strings.Contains(text, part) {
					t.Errorf("%s: the %s %q lacks %q", probe, where, text, part)
				}
			}
			if strings.Contains(text, dir) || strings.Contains(text, sdk) {
				t.Errorf("%s: the %s reveals a path of this machine: %q", probe, where, text)
			}
		}
	}
}

// The SDK's own tests and its documentation examples pass.
func TestRustSDK(t *testing.T) {
	cargo := realtest.Program(t, "cargo", "cargo")
	realtest.Program(t, "cc", "gcc") // links the tests, which run on this machine
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, cargo, "test", "--offline", "--locked")
	c.Dir = "../../sdk/rust"
	c.Env = append(os.Environ(), "CARGO_TARGET_DIR="+t.TempDir(), "RUSTFLAGS=-Dwarnings")
	if text, err := c.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, text)
	}
}

package build_test

import (
	"strings"
	"testing"

	"vega/daemon/realtest"
	"vega/plugins/build"
)

// A build does not download a missing crate; the error says how to get it.
func TestRustBuildsOffline(t *testing.T) {
	realtest.Toolchain(t, build.Rust, false)
	t.Setenv("CARGO_HOME", t.TempDir()) // an empty cache
	t.Setenv("CARGO_TARGET_DIR", t.TempDir())
	dir := write(t, t.TempDir(), minimal[build.Rust])
	write(t, dir, map[string]string{"Cargo.toml": minimal[build.Rust]["Cargo.toml"] + "\n[dependencies]\nsome-crate = \"1\"\n"})
	_, err := build.Plugin(t.Context(), dir, named)
	if err == nil || !strings.Contains(err.Error(), "some-crate") || !strings.Contains(err.Error(), "run `cargo fetch` once in "+dir) {
		t.Errorf("%v", err)
	}
}

package build_test

import (
	"strings"
	"testing"

	"vega/daemon/realtest"
	"vega/plugins/build"
)

// A crate that is not there can't be had by a build; the error says how.
func TestRustFetchesNothing(t *testing.T) {
	realtest.Toolchain(t, build.Rust, false)
	t.Setenv("CARGO_HOME", t.TempDir()) // nothing was fetched
	t.Setenv("CARGO_TARGET_DIR", t.TempDir())
	dir := write(t, t.TempDir(), least[build.Rust])
	write(t, dir, map[string]string{"Cargo.toml": least[build.Rust]["Cargo.toml"] + "\n[dependencies]\nsome-crate = \"1\"\n"})
	_, err := build.Plugin(t.Context(), dir, named)
	if err == nil || !strings.Contains(err.Error(), "some-crate") || !strings.Contains(err.Error(), "run `cargo fetch` in "+dir) {
		t.Errorf("%v", err)
	}
}

package build_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vega/plugins/build"
)

// The answers of complete toolchains to the queries that the search makes.
// Empty files stand for the parts.
const (
	completeClang = `case "$*" in
-print-targets) echo "wasm32 - WebAssembly 32-bit" ;;
*wasm-ld) echo "$HERE/wasm-ld" ;;
*crt1-command.o) echo "$HERE/crt1-command.o" ;;
*libc.a) echo "$HERE/libc.a" ;;
*libgcc*) echo "$HERE/builtins.a" ;;
esac`
	completeRustc = `case "$*" in
*sysroot) echo "$HERE" ;;
*wasm32-unknown-unknown) echo "$HERE" ;;
*) exit 1 ;;
esac`
)

// A toolchain with a missing part counts as missing, and the error names the
// part.
func TestReadyNamesTheMissingPart(t *testing.T) {
	whole := map[string]string{
		"clang": completeClang, "wasm-ld": "", "crt1-command.o": "", "libc.a": "", "builtins.a": "",
		"cargo": "", "rustc": completeRustc, "libcore-1.rlib": "",
		"node": "", "asc": "",
	}
	for _, c := range []struct {
		language build.Language
		command  bool
		without  string // the part to remove
		says     string // "" if nothing is missing
	}{
		{build.C, false, "", ""},
		{build.C, true, "", ""},
		{build.C, false, "clang", "clang (13 or later"},
		{build.C, false, "wasm-ld", "the linker wasm-ld"},
		{build.C, false, "libc.a", ""},
		{build.C, true, "wasm-ld", "the linker wasm-ld"},
		{build.C, true, "crt1-command.o", "does not find crt1-command.o"},
		{build.C, true, "libc.a", "does not find libc.a"},
		{build.C, true, "builtins.a", "does not find compiler builtins"},
		{build.Rust, false, "", ""},
		{build.Rust, false, "cargo", "cargo (1.63 or later)"},
		{build.Rust, false, "libcore-1.rlib", "the target wasm32-unknown-unknown"},
		{build.Rust, false, "wasm-ld", "the linker wasm-ld"},
		{build.Rust, true, "", "the target wasm32-wasip1"},
		{build.AssemblyScript, false, "", ""},
		{build.AssemblyScript, false, "asc", "its compiler asc"},
		{build.AssemblyScript, false, "node", "node (20 or later)"},
		{build.Go, false, "", "the Go toolchain"},
	} {
		dir := t.TempDir()
		for name, script := range whole {
			text := "#!/bin/sh\nHERE=" + dir + "\n" + script + "\n"
			if name == c.without {
				continue
			}
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		t.Setenv("PATH", dir)
		err := build.Ready(t.Context(), c.language, c.command)
		var missing *build.MissingError
		if errors.As(err, &missing) != (c.says != "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s, command %v, without %q: %v, want %q", c.language, c.command, c.without, err, c.says)
		}
	}
}

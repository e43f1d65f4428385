package build

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// rust is a toolchain that has the target.
type rust struct{ cargo, rustc, target, linker string }

// rustTarget describes what a project is compiled for.
type rustTarget struct {
	what    string
	names   []string // the current one first: Rust 1.78 renamed the WASI target
	library string   // that the target requires
	stack   string
	needs   string // what the project must have to produce a module
}

var (
	rustProbe   = rustTarget{"a probe", []string{"wasm32-unknown-unknown"}, "libcore", "262144", `Cargo.toml needs crate-type = ["cdylib"] under [lib]`}
	rustCommand = rustTarget{"a command", []string{"wasm32-wasip1", "wasm32-wasi"}, "libstd", "1048576", "it needs a src/main.rs"}
)

func rustFor(j job) rustTarget {
	if j.command {
		return rustCommand
	}
	return rustProbe
}

func readyRust(ctx context.Context, j job) error {
	_, err := findRust(ctx, rustFor(j))
	return err
}

// findRust searches PATH for a directory with cargo and a rustc that has the
// target's library: a distribution's toolchain may have it where rustup's does
// not, and vice versa.
func findRust(ctx context.Context, want rustTarget) (rust, error) {
	var seen []string
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		r := rust{cargo: filepath.Join(dir, "cargo"), rustc: filepath.Join(dir, "rustc")}
		if !isProgram(r.cargo) || !isProgram(r.rustc) {
			continue
		}
		seen = append(seen, dir)
		if r.target = want.in(ctx, r.rustc); r.target == "" {
			continue
		}
		if hasLinker(ctx, r.rustc) {
			return r, nil
		}
		if r.linker = find("rust-lld", "wasm-ld", "wasm-ld-19", "wasm-ld-18", "wasm-ld-17", "wasm-ld-16", "wasm-ld-15", "wasm-ld-14"); r.linker == "" {
			return r, notInPath("Rust", "the linker wasm-ld", "install it, for example with `apt install lld`")
		}
		return r, nil
	}
	how := "run `rustup target add " + want.names[0] + "`, or on Debian `apt install cargo libstd-rust-dev-wasm32 lld`"
	if len(seen) == 0 {
		return rust{}, notInPath("Rust", "cargo (1.63 or later)", "install Rust; then "+how)
	}
	return rust{}, &MissingError{
		want.what + " in Rust", "the target " + strings.Join(want.names, " or "),
		fmt.Sprintf("no toolchain in PATH has it (looked at %s)", strings.Join(seen, ", ")), how,
	}
}

// in returns the toolchain's name for the target, or "" if it does not have it.
func (t rustTarget) in(ctx context.Context, rustc string) string {
	for _, name := range t.names {
		lib, err := exec.CommandContext(ctx, rustc, "--print", "target-libdir", "--target", name).Output()
		if err == nil && hasLibrary(strings.TrimSpace(string(lib)), t.library) {
			return name
		}
	}
	return ""
}

func isProgram(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}

// hasLibrary reports whether a library of the target exists: rustc prints the
// directory even if it does not.
func hasLibrary(dir, name string) bool {
	names, err := filepath.Glob(filepath.Join(escapeGlob(dir), name+"-*.rlib"))
	return err == nil && len(names) > 0
}

// hasLinker reports whether rustc has its own linker, as rustup's does.
func hasLinker(ctx context.Context, rustc string) bool {
	root, err := exec.CommandContext(ctx, rustc, "--print", "sysroot").Output()
	if err != nil {
		return false
	}
	found, err := filepath.Glob(filepath.Join(escapeGlob(strings.TrimSpace(string(root))), "lib/rustlib/*/bin/rust-lld*"))
	return err == nil && len(found) > 0
}

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
type rust struct{ cargo, rustc, linker string }

const rustTarget = "wasm32-unknown-unknown"

// findRust looks through PATH for a cargo and a rustc beside each other whose
// rustc has the library of the target: a distribution's
// toolchain may have it where that of rustup does not, and the reverse.
func findRust(ctx context.Context) (rust, error) {
	var seen []string
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		r := rust{cargo: filepath.Join(dir, "cargo"), rustc: filepath.Join(dir, "rustc")}
		if !isProgram(r.cargo) || !isProgram(r.rustc) {
			continue
		}
		seen = append(seen, dir)
		lib, err := exec.CommandContext(ctx, r.rustc, "--print", "target-libdir", "--target", rustTarget).Output()
		if err != nil || !hasCore(strings.TrimSpace(string(lib))) {
			continue
		}
		if hasLinker(ctx, r.rustc) {
			return r, nil
		}
		if r.linker = find("rust-lld", "wasm-ld", "wasm-ld-19", "wasm-ld-18", "wasm-ld-17", "wasm-ld-16", "wasm-ld-15", "wasm-ld-14"); r.linker == "" {
			return r, missing("Rust", "the linker wasm-ld", "install it, as with `apt install lld`")
		}
		return r, nil
	}
	how := "run `rustup target add " + rustTarget + "`, or on Debian `apt install cargo libstd-rust-dev-wasm32 lld`"
	if len(seen) == 0 {
		return rust{}, missing("Rust", "cargo (1.63 or later)", "install Rust; then "+how)
	}
	return rust{}, fmt.Errorf("to build a probe in Rust, the target %s is needed, and none of the toolchains in PATH (%s) has it; %s", rustTarget, strings.Join(seen, ", "), how)
}

func isProgram(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}

// hasCore reports whether the target's library is there: rustc tells its
// place also where it is not.
func hasCore(dir string) bool {
	names, err := filepath.Glob(filepath.Join(escapeGlob(dir), "libcore-*.rlib"))
	return err == nil && len(names) > 0
}

// hasLinker reports whether rustc brings its own linker, as that of rustup
// does.
func hasLinker(ctx context.Context, rustc string) bool {
	root, err := exec.CommandContext(ctx, rustc, "--print", "sysroot").Output()
	if err != nil {
		return false
	}
	found, err := filepath.Glob(filepath.Join(escapeGlob(strings.TrimSpace(string(root))), "lib/rustlib/*/bin/rust-lld*"))
	return err == nil && len(found) > 0
}

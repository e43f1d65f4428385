package build

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// compileC compiles all *.c of the directory itself. vega.h is looked for in
// vega/. The features are those of the first WebAssembly, so that every clang
// gives a module that loads everywhere, and bulk memory.
func compileC(ctx context.Context, dir string, command bool) ([]byte, error) {
	clang := find("clang", "clang-21", "clang-20", "clang-19", "clang-18", "clang-17", "clang-16", "clang-15", "clang-14", "clang-13")
	if clang == "" {
		return nil, missing("C", "clang (13 or later, with wasm-ld)", "install it, as with `apt install clang lld`")
	}
	if command && !hasLibC(ctx, clang) {
		return nil, fmt.Errorf("to build a command in C, a C library for WASI is needed, and %s has none; install one, as with `apt install wasi-libc libclang-rt-dev-wasm32`, or use the clang of a wasi-sdk", clang)
	}
	sources, err := filepath.Glob(filepath.Join(escapeGlob(dir), "*.c"))
	if err != nil {
		return nil, err
	}
	return inTemp(func(out string) error {
		args := []string{"-Os", "-Wall", "-Wextra", "-mcpu=mvp", "-mbulk-memory", "-ffile-prefix-map=" + dir + "=.", "-Wl,--strip-all", "-o", out}
		if command {
			args = append(args, commandInC...)
		} else {
			args = append(args, probeInC...)
		}
		for _, s := range sources {
			args = append(args, filepath.Base(s))
		}
		cmd := exec.CommandContext(ctx, clang, args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "LC_ALL=C")
		return run(cmd)
	})
}

// What differs between a probe, which has no C library, and a command, which
// has one: its functions beyond C11, and the stack that a program may expect.
// The stack comes first in memory, so that a call too deep traps.
var (
	probeInC   = []string{"-std=c11", "-Ivega", "--target=wasm32", "-ffreestanding", "-nostdlib", "-fvisibility=hidden", "-Wl,--no-entry", "-Wl,-z,stack-size=65536"}
	commandInC = []string{"-std=gnu11", wasiTarget, "-Wl,--stack-first", "-Wl,-z,stack-size=1048576"}
)

const wasiTarget = "--target=wasm32-wasi"

// hasLibC reports whether clang finds what a command is linked with: it tells
// the bare name of what it does not.
func hasLibC(ctx context.Context, clang string) bool {
	for _, ask := range []string{"-print-file-name=crt1-command.o", "-print-file-name=libc.a", "-print-libgcc-file-name"} {
		path, err := exec.CommandContext(ctx, clang, wasiTarget, ask).Output()
		if err != nil {
			return false
		}
		if _, err := os.Stat(strings.TrimSpace(string(path))); err != nil || !filepath.IsAbs(strings.TrimSpace(string(path))) {
			return false
		}
	}
	return true
}

// find is the first of the programs that is in PATH, "" if none is.
func find(names ...string) string {
	for _, n := range names {
		if path, err := exec.LookPath(n); err == nil {
			return path
		}
	}
	return ""
}

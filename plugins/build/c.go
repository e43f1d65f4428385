package build

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// compileC compiles all *.c of the directory itself. vega.h is looked for in
// vega/. The features are those of the first WebAssembly, so that every clang
// gives a module that loads everywhere, and bulk memory.
func compileC(ctx context.Context, j job) ([]byte, error) {
	clang := find("clang", "clang-21", "clang-20", "clang-19", "clang-18", "clang-17", "clang-16", "clang-15", "clang-14", "clang-13")
	if clang == "" {
		return nil, missing("C", "clang (13 or later, with wasm-ld)", "install it, as with `apt install clang lld`")
	}
	if j.command && !hasLibC(ctx, clang) {
		return nil, fmt.Errorf("to build a command in C, a C library for WASI is needed, and %s has none; install one, as with `apt install wasi-libc libclang-rt-dev-wasm32`, or use the clang of a wasi-sdk", clang)
	}
	sources, err := filepath.Glob(filepath.Join(escapeGlob(j.dir), "*.c"))
	if err != nil {
		return nil, err
	}
	return inTemp(func(out string) error {
		cc := func(args ...string) error {
			cmd := exec.CommandContext(ctx, clang, args...)
			cmd.Dir = j.dir
			cmd.Env = append(os.Environ(), "LC_ALL=C")
			return run(cmd, j.said)
		}
		how := probeInC
		if j.command {
			how = commandInC
		}
		// Apart, and linked without -O: else clang has wasm-opt work on the
		// module where one is in PATH, and the bytes depend on the machine.
		link := append(slices.Clone(how.link), "-Wl,--strip-all", "-o", out)
		for n, s := range sources {
			object := filepath.Join(filepath.Dir(out), fmt.Sprintf("%d.o", n))
			compile := append(slices.Clone(how.compile), "-Os", "-Wall", "-Wextra", "-mcpu=mvp", "-mbulk-memory", "-ffile-prefix-map="+j.dir+"=.")
			if err := cc(append(compile, "-c", "-o", object, filepath.Base(s))...); err != nil {
				return err
			}
			link = append(link, object)
		}
		return cc(link...)
	})
}

// What differs between a probe, which has no C library, and a command, which
// has one: its functions beyond C11, and the stack that a program may expect.
// The stack comes first in memory, so that a call too deep traps.
var (
	probeInC = inC{
		compile: []string{"-std=c11", "-Ivega", "--target=wasm32", "-ffreestanding", "-fvisibility=hidden"},
		link:    []string{"--target=wasm32", "-nostdlib", "-Wl,--no-entry", "-Wl,-z,stack-size=65536"},
	}
	commandInC = inC{
		compile: []string{"-std=gnu11", wasiTarget},
		link:    []string{wasiTarget, "-Wl,--stack-first", "-Wl,-z,stack-size=1048576"},
	}
)

type inC struct{ compile, link []string }

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

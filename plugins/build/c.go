package build

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
)

// compileC compiles all *.c of the directory itself. vega.h is looked for in
// vega/. The features are those of the first WebAssembly, so that every clang
// gives a module that loads everywhere, and bulk memory.
func compileC(ctx context.Context, j job) ([]byte, error) {
	clang, err := findC(ctx, j)
	if err != nil {
		return nil, err
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

// find is the first of the programs that is in PATH, "" if none is.
func find(names ...string) string {
	for _, n := range names {
		if path, err := exec.LookPath(n); err == nil {
			return path
		}
	}
	return ""
}

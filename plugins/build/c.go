package build

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
)

// compileC compiles all *.c files in the directory itself and looks for vega.h
// in vega/. It enables only the original WebAssembly features and bulk memory,
// so that every clang produces a module that loads everywhere.
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
		// Compile and link separately, and link without -O: otherwise clang
		// runs wasm-opt if it is in PATH, and the output would depend on the
		// machine.
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

// The differences between a probe, which has no C library, and a command, which
// has one, with its functions beyond C11 and the stack that a program may
// expect. The stack comes first in memory so that a stack overflow traps.
var (
	probeInC = cOptions{
		compile: []string{"-std=c11", "-Ivega", "--target=wasm32", "-ffreestanding", "-fvisibility=hidden"},
		link:    []string{"--target=wasm32", "-nostdlib", "-Wl,--no-entry", "-Wl,-z,stack-size=65536"},
	}
	commandInC = cOptions{
		compile: []string{"-std=gnu11", wasiTarget},
		link:    []string{wasiTarget, "-Wl,--stack-first", "-Wl,-z,stack-size=1048576"},
	}
)

type cOptions struct{ compile, link []string }

const wasiTarget = "--target=wasm32-wasi"

// find returns the first of the programs that is in PATH, or "".
func find(names ...string) string {
	for _, n := range names {
		if path, err := exec.LookPath(n); err == nil {
			return path
		}
	}
	return ""
}

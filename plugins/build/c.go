package build

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
)

// compileC compiles all *.c of the directory itself. vega.h is looked for in
// vega/. The features are those of the first WebAssembly, so that every clang
// gives a module that loads everywhere, and bulk memory.
func compileC(ctx context.Context, dir string) ([]byte, error) {
	clang := find("clang", "clang-21", "clang-20", "clang-19", "clang-18", "clang-17", "clang-16", "clang-15", "clang-14", "clang-13")
	if clang == "" {
		return nil, missing("C", "clang (13 or later, with wasm-ld)", "install it, as with `apt install clang lld`")
	}
	sources, err := filepath.Glob(filepath.Join(escapeGlob(dir), "*.c"))
	if err != nil {
		return nil, err
	}
	return inTemp(func(out string) error {
		args := []string{
			"-Os", "-std=c11", "-Wall", "-Wextra", "-mcpu=mvp", "-mbulk-memory", "-ffile-prefix-map=" + dir + "=.", "-Ivega",
			"--target=wasm32", "-ffreestanding", "-nostdlib", "-fvisibility=hidden",
			"-Wl,--no-entry", "-Wl,--strip-all", "-Wl,-z,stack-size=65536", "-o", out,
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

// find is the first of the programs that is in PATH, "" if none is.
func find(names ...string) string {
	for _, n := range names {
		if path, err := exec.LookPath(n); err == nil {
			return path
		}
	}
	return ""
}

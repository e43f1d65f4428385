package build

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

func readyC(ctx context.Context, j job) error {
	_, err := findC(ctx, j)
	return err
}

// findC returns a clang that can build the project: it has the wasm32 target
// and linker, and a C library if the project is a command.
func findC(ctx context.Context, j job) (clang string, err error) {
	clang = find("clang", "clang-21", "clang-20", "clang-19", "clang-18", "clang-17", "clang-16", "clang-15", "clang-14", "clang-13")
	if clang == "" {
		return "", notInPath("C", "clang (13 or later, with wasm-ld)", "install it, for example with `apt install clang lld`")
	}
	if targets, err := answer(ctx, clang, "-print-targets"); err == nil && !strings.Contains(targets, "wasm32") {
		return "", &MissingError{"a probe in C", "a clang with the target wasm32", clang + " does not have it", "install another, for example with `apt install clang lld`"}
	}
	if linker, err := answer(ctx, clang, "--target=wasm32", "-print-prog-name=wasm-ld"); err != nil || find(linker) == "" {
		return "", &MissingError{"a probe in C", "the linker wasm-ld", clang + " does not find it", "install it, for example with `apt install lld`"}
	}
	if j.command {
		return clang, hasLibC(ctx, clang)
	}
	return clang, nil
}

// hasLibC returns nil if clang finds the files that a command is linked with.
// For a missing file clang prints only the bare name.
func hasLibC(ctx context.Context, clang string) error {
	for _, part := range []struct{ ask, name string }{
		{"-print-file-name=crt1-command.o", "crt1-command.o"},
		{"-print-file-name=libc.a", "libc.a"},
		{"-print-libgcc-file-name", "compiler builtins"},
	} {
		path, err := answer(ctx, clang, wasiTarget, part.ask)
		if err == nil && filepath.IsAbs(path) {
			_, err = os.Stat(path)
		}
		if err != nil || !filepath.IsAbs(path) {
			return &MissingError{
				"a command in C", "a C library for WASI", clang + " does not find " + part.name,
				"install one, for example with `apt install wasi-libc libclang-rt-dev-wasm32`, or use the clang of a wasi-sdk",
			}
		}
	}
	return nil
}

// answer returns the line that a program prints.
func answer(ctx context.Context, program string, args ...string) (string, error) {
	text, err := exec.CommandContext(ctx, program, args...).Output()
	return strings.TrimSpace(string(text)), err
}

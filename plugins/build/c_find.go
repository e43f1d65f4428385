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

// findC returns a clang that has all it takes to build the project: the target
// and the linker, and for a command a C library.
func findC(ctx context.Context, j job) (clang string, err error) {
	clang = find("clang", "clang-21", "clang-20", "clang-19", "clang-18", "clang-17", "clang-16", "clang-15", "clang-14", "clang-13")
	if clang == "" {
		return "", notInPath("C", "clang (13 or later, with wasm-ld)", "install it, as with `apt install clang lld`")
	}
	if targets, err := answer(ctx, clang, "-print-targets"); err == nil && !strings.Contains(targets, "wasm32") {
		return "", &MissingError{"a probe in C", "a clang with the target wasm32", clang + " has no such target", "install another, as with `apt install clang lld`"}
	}
	if linker, err := answer(ctx, clang, "--target=wasm32", "-print-prog-name=wasm-ld"); err != nil || find(linker) == "" {
		return "", &MissingError{"a probe in C", "the linker wasm-ld", clang + " finds none", "install it, as with `apt install lld`"}
	}
	if j.command {
		return clang, hasLibC(ctx, clang)
	}
	return clang, nil
}

// hasLibC returns nil if clang finds what a command is linked with. Of what it
// does not find it prints the bare name.
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
				"a command in C", "a C library for WASI", clang + " has none (no " + part.name + ")",
				"install one, as with `apt install wasi-libc libclang-rt-dev-wasm32`, or use the clang of a wasi-sdk",
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

// Package build turns a probe's source into a plugin: it compiles the module
// with the toolchain of its language and packs its manifest in.
//
// It is for authors. The daemon never builds anything.
package build

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"vega/plugins/manifest"
)

// A Language is one that probes can be written in, as it is named on the
// command line.
type Language string

// The languages whose toolchains are known.
const (
	Go   Language = "go"
	Rust Language = "rust"
	C    Language = "c"

	AssemblyScript Language = "assemblyscript"
)

// Languages are all of them, in the order in which they are shown.
func Languages() []Language { return []Language{Go, Rust, C, AssemblyScript} }

// toolchain is how a language is told by its files, and compiled: to a module
// with vega_run, or to a WASI command.
type toolchain struct {
	sign    string // a glob pattern of its files
	compile func(ctx context.Context, j job) ([]byte, error)
	ready   func(ctx context.Context, j job) error // nil if compile finds all that it needs
}

// job is a project to compile.
type job struct {
	dir     string    // absolute
	command bool      // to a WASI command
	said    io.Writer // gets what the toolchain says though it succeeds: warnings
}

var toolchains = map[Language]toolchain{
	Go:   {"*.go", compileGo, readyGo},
	Rust: {"Cargo.toml", compileRust, readyRust},
	C:    {"*.c", compileC, readyC},

	AssemblyScript: {"asconfig.json", compileAssemblyScript, readyAssemblyScript},
}

// Detect is the language of the project in dir, by the files in it.
func Detect(dir string) (Language, error) {
	var found []Language
	for _, l := range Languages() {
		if names, err := filepath.Glob(filepath.Join(escapeGlob(dir), toolchains[l].sign)); err == nil && len(names) > 0 {
			found = append(found, l)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return "", fmt.Errorf("%s holds no source of a plugin: no *.go, Cargo.toml, *.c or asconfig.json", dir)
	default:
		return "", fmt.Errorf("%s holds source in more than one language (%v); keep one plugin to a directory", dir, found)
	}
}

// escapeGlob makes a path stand for itself in a pattern.
func escapeGlob(path string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}

// Plugin compiles the project in dir for WebAssembly and packs m in. Where m says
// that it was written for Nagios, the project is a program with a main function,
// and has the language's own library. The bytes
// depend on the sources and the toolchain alone: neither on the place nor on
// flags in the environment.
func Plugin(ctx context.Context, dir string, m *manifest.Manifest) ([]byte, error) {
	return WithWarnings(ctx, dir, m, io.Discard)
}

// WithWarnings is Plugin for an author: what the toolchain has to say though it
// succeeds goes to said.
func WithWarnings(ctx context.Context, dir string, m *manifest.Manifest, said io.Writer) ([]byte, error) {
	language, err := Detect(dir)
	if err != nil {
		return nil, err
	}
	whole, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	wasm, err := toolchains[language].compile(ctx, job{whole, m.ABI == manifest.Nagios, said})
	if err != nil {
		return nil, err
	}
	return manifest.Pack(wasm, m)
}

// run runs a command of a toolchain. What it printed is the error's text.
func run(cmd *exec.Cmd, said io.Writer) error {
	text, err := cmd.CombinedOutput()
	if err == nil {
		_, err = said.Write(text)
		return err
	}
	name := filepath.Base(cmd.Path)
	if name == "go" {
		name = "go build"
	}
	if text := strings.TrimSpace(string(text)); text != "" {
		return fmt.Errorf("%s: %w\n%s", name, err, text)
	}
	return fmt.Errorf("%s: %w", name, err)
}

// inTemp calls do with the name of a file to write the module to, and returns
// what was written.
func inTemp(do func(out string) error) ([]byte, error) {
	temp, err := os.MkdirTemp("", "vega-build-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(temp)
	out := filepath.Join(temp, "module.wasm")
	if err := do(out); err != nil {
		return nil, err
	}
	return os.ReadFile(out)
}

// Write puts a finished plugin in place at once: a daemon that watches the
// directory never sees half of it.
func Write(path string, wasm []byte) error {
	temp, err := os.CreateTemp(filepath.Dir(path), ".vega-build-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, errors.Unwrap(err)) // the temporary name says nothing to anybody
	}
	defer os.Remove(temp.Name())
	_, err = temp.Write(wasm)
	if err = errors.Join(err, temp.Chmod(0o644), temp.Close()); err != nil {
		return err
	}
	return os.Rename(temp.Name(), path)
}

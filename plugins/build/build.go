// Package build turns a probe's source into a plugin: it compiles the module
// with the language's toolchain and embeds the manifest.
//
// It is for plugin authors. The daemon never builds anything.
package build

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"vega/plugins/manifest"
)

// A Language is a language that probes can be written in, by its command-line
// name.
type Language string

// The supported languages.
const (
	Go   Language = "go"
	Rust Language = "rust"
	C    Language = "c"

	AssemblyScript Language = "assemblyscript"
)

// Languages returns all languages in display order.
func Languages() []Language { return []Language{Go, Rust, C, AssemblyScript} }

// toolchain detects a language by its files and compiles it, either to a module
// with vega_run or to a WASI command.
type toolchain struct {
	sign    string // glob pattern that detects it
	compile func(ctx context.Context, j job) ([]byte, error)
	ready   func(ctx context.Context, j job) error // returns nil if compile has all that it needs
}

// job is a project to compile.
type job struct {
	dir     string    // absolute
	command bool      // compile to a WASI command
	said    io.Writer // receives the toolchain's warnings
}

var toolchains = map[Language]toolchain{
	Go:   {"*.go", compileGo, readyGo},
	Rust: {"Cargo.toml", compileRust, readyRust},
	C:    {"*.c", compileC, readyC},

	AssemblyScript: {"asconfig.json", compileAssemblyScript, readyAssemblyScript},
}

// Detect determines the language of the project in dir from its files.
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
		return "", fmt.Errorf("%s contains no plugin source: found no *.go, Cargo.toml, *.c or asconfig.json", dir)
	default:
		return "", fmt.Errorf("%s contains source in more than one language (%v); put each plugin in a directory of its own", dir, found)
	}
}

// escapeGlob quotes a path for use in a glob pattern.
func escapeGlob(path string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}

// Plugin compiles the project in dir to WebAssembly and embeds m. If m says
// that the plugin is for Nagios, the project is a program with a main function
// and may use the language's standard library. The output depends only on the
// sources and the toolchain, not on the directory or on flags in the
// environment.
func Plugin(ctx context.Context, dir string, m *manifest.Manifest) ([]byte, error) {
	return WithWarnings(ctx, dir, m, io.Discard)
}

// WithWarnings is like Plugin and copies the toolchain's warnings to said.
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
	if err == nil {
		err = checkSockets(wasm)
	}
	if err != nil {
		return nil, err
	}
	return manifest.Pack(wasm, m)
}

// run runs a toolchain command. The error includes the command's output.
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

// inTemp calls do with the name of a temporary file for the module and returns
// what do wrote there.
func inTemp(do func(out string) error) ([]byte, error) {
	temp, err := makeTemp()
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

// makeTemp creates a directory for temporary files.
func makeTemp() (string, error) {
	dir, err := os.MkdirTemp("", "vega-build-")
	if err != nil {
		return "", fmt.Errorf("create a temporary directory: %w; set TMPDIR to a directory that you can write to", err)
	}
	return dir, nil
}

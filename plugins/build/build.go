// Package build turns a probe's source into a plugin: it compiles the module
// and packs its manifest in. Go is the only language so far.
//
// It is for authors. The daemon never builds anything.
package build

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"vega/plugins/manifest"
)

// Go compiles the Go package in dir for WebAssembly and packs m in. The bytes
// depend on the sources and the toolchain alone: neither on the place nor on
// flags in the environment.
func Go(ctx context.Context, dir string, m *manifest.Manifest) ([]byte, error) {
	temp, err := os.MkdirTemp("", "vega-build-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(temp)
	out := filepath.Join(temp, "module.wasm")
	cmd := exec.CommandContext(ctx, "go", "build",
		"-trimpath", "-buildvcs=false", "-buildmode=c-shared", "-ldflags=-s -w -buildid=", "-o", out, ".")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "CGO_ENABLED=0", "GOFLAGS=", "GOEXPERIMENT=", "GOWASM=", "GOWORK=off")
	if text, err := cmd.CombinedOutput(); err != nil {
		return nil, failed(err, text)
	}
	wasm, err := os.ReadFile(out)
	if err != nil {
		return nil, err
	}
	return manifest.Pack(wasm, m)
}

func failed(err error, output []byte) error {
	if errors.Is(err, exec.ErrNotFound) {
		return fmt.Errorf("the Go toolchain is needed to build a probe in Go, and `go` is not in PATH: %w", err)
	}
	if text := strings.TrimSpace(string(output)); text != "" {
		return fmt.Errorf("go build: %w\n%s", err, text)
	}
	return fmt.Errorf("go build: %w", err)
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

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"vega/daemon"
	"vega/daemon/config"
	"vega/plugins"
	"vega/plugins/build"
	"vega/plugins/manifest"
)

func pluginCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "plugin",
		Short: "Make plugins, build and try them, and look into them",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	c.AddCommand(pluginNewCommand(), pluginBuildCommand(), pluginInspectCommand(), pluginTestCommand(), pluginCompileCommand())
	return c
}

func pluginBuildCommand() *cobra.Command {
	var out string
	c := &cobra.Command{
		Use:   "build [-o FILE] [DIR]",
		Short: "Build a plugin from the source and the plugin.hcl in DIR",
		Long: `Build compiles the project in DIR (default ".") to WebAssembly with the
toolchain of its language, packs the manifest of its plugin.hcl in, loads the
result as the daemon would, and writes it to DIR/NAME.wasm. The same sources and
toolchain give the same bytes.

The language is told by the files: *.go is Go, Cargo.toml is Rust (cargo with
the target wasm32-unknown-unknown), *.c is C (clang with wasm-ld; vega.h is
found in DIR/vega).

Where plugin.hcl says abi = "nagios", the project is a program as it is written
for Nagios, with a main function, and becomes a WASI command. C then needs a C
library for WASI, Rust the target wasm32-wasip1 (wasm32-wasi before Rust 1.78).`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			dir := "."
			if len(args) == 1 {
				dir = args[0]
			}
			return failed(buildPlugin(cmd.Context(), dir, out, cmd.OutOrStdout()))
		},
	}
	c.Flags().StringVarP(&out, "output", "o", "", "write the module to this file")
	return c
}

func buildPlugin(ctx context.Context, dir, out string, stdout io.Writer) error {
	m, diags := config.LoadManifest(filepath.Join(dir, "plugin.hcl"))
	if diags.HasErrors() {
		return &daemon.InvalidError{Diagnostics: diags}
	}
	wasm, err := build.Plugin(ctx, dir, m)
	if err != nil {
		return err
	}
	cold, err := tryLoad(ctx, wasm)
	if err != nil {
		return fmt.Errorf("the module was built, but the daemon would refuse it: %w", err)
	}
	if out == "" {
		out = filepath.Join(dir, m.Name+".wasm")
	}
	if err := build.Write(out, wasm); err != nil {
		return err
	}
	_, err = io.Copy(stdout, describe(out, wasm, cold))
	return err
}

// tryLoad loads the module as the daemon would, without a cache.
func tryLoad(ctx context.Context, wasm []byte) (cold time.Duration, err error) {
	sandbox, err := plugins.Open(ctx, plugins.Options{})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, sandbox.Close()) }()
	start := time.Now()
	m, err := sandbox.Load(ctx, wasm)
	if err != nil {
		return 0, err
	}
	return time.Since(start), m.Close()
}

// describe is what an author wants to know of a finished plugin.
func describe(path string, wasm []byte, cold time.Duration) io.Reader {
	var b bytes.Buffer
	read, err := manifest.Read(wasm)
	if err != nil { // it was loaded a moment ago
		return &b
	}
	fmt.Fprintf(&b, "%s  %s %s, %s, sha256 %s, compiled in %v\n", path, read.Manifest.Name, read.Manifest.Version,
		megabytes(read.Size), read.Digest[:12], cold.Round(time.Millisecond))
	for _, p := range read.Manifest.Probes {
		kinds := make([]string, len(p.Capabilities))
		for i, c := range p.Capabilities {
			kinds[i] = string(c.Kind)
		}
		fmt.Fprintf(&b, "  %-16s %-10s %s\n", p.Name, strings.Join(kinds, " "), p.Summary)
	}
	return &b
}

func megabytes(n int) string { return fmt.Sprintf("%.2f MB", float64(n)/1e6) }

package plugin

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"vega/daemon/config"
	"vega/daemon/vega/cli"
	"vega/daemon/vega/console"
	"vega/plugins"
	"vega/plugins/build"
	"vega/plugins/manifest"
	"vega/plugins/plugintest"
	"vega/policies/check"
)

func buildCommand() *cobra.Command {
	var out string
	c := &cobra.Command{
		Use:   "build [DIR]",
		Short: "Build a plugin from its source and plugin.hcl",
		Long: `Build compiles the project in DIR (default ".") to WebAssembly with the
toolchain of its language, embeds the manifest from plugin.hcl, loads the result
as the daemon would, and writes it to DIR/NAME.wasm. The same sources and
toolchain produce the same bytes.

The files determine the language: *.go is Go, Cargo.toml is Rust (cargo with the
target wasm32-unknown-unknown), *.c is C (clang with wasm-ld; vega.h is found in
DIR/vega), asconfig.json is AssemblyScript (asc from node_modules or PATH).

If plugin.hcl says abi = "nagios", the project is an ordinary Nagios plugin, a
program with a main function, and is built as a WASI command. C then needs a C
library for WASI, Rust the target wasm32-wasip1 (wasm32-wasi before Rust 1.78).`,
		Example: `  vega plugin build              the project in this directory
  vega plugin build -o plugins/stock.wasm stock`,
		SuggestFor:        []string{"make"},
		Args:              cli.Args(0, 1),
		ValidArgsFunction: directories,
		RunE: func(cmd *cobra.Command, args []string) error {
			dir := "."
			if len(args) == 1 {
				dir = args[0]
			}
			if info, err := os.Stat(dir); err == nil && !info.IsDir() {
				return fmt.Errorf("%s is a file; name the directory of the plugin: %s", dir, filepath.Dir(dir))
			}
			return cli.Failed(Build(cmd.Context(), dir, out, cmd.OutOrStdout(), cmd.ErrOrStderr()))
		},
	}
	c.Flags().StringVarP(&out, "output", "o", "", "write the module to this `FILE`")
	cli.Complete(c, "output", cli.Extensions("wasm"))
	return c
}

// directories completes one directory.
func directories(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveFilterDirs
}

// Build builds the project in dir, writes the module to out, or to dir if out
// is empty, and describes it on stdout. The compiler's warnings go to stderr.
func Build(ctx context.Context, dir, out string, stdout, stderr io.Writer) error {
	m, diags := config.LoadManifest(filepath.Join(dir, "plugin.hcl"))
	if diags.HasErrors() {
		return &config.InvalidError{Diagnostics: diags}
	}
	wasm, err := build.WithWarnings(ctx, dir, m, stderr)
	if err != nil {
		return err
	}
	took, err := tryOut(ctx, dir, wasm)
	if err != nil {
		return fmt.Errorf("the module was built, but the daemon would refuse it: %w", err)
	}
	if out == "" {
		out = filepath.Join(dir, m.Name+".wasm")
	}
	if err := manifest.WriteFile(out, wasm, 0o644); err != nil {
		return err
	}
	_, err = io.Copy(stdout, describe(out, wasm, took))
	return err
}

// tryOut loads the module as the daemon would, without a cache, and runs the
// first of its cases that succeeds. It returns how long compiling and a run
// took, as text.
func tryOut(ctx context.Context, dir string, wasm []byte) (took string, err error) {
	start := time.Now()
	k, err := plugintest.Open(ctx, wasm, plugintest.Options{})
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, k.Close()) }()
	took = fmt.Sprintf("compiled in %v", time.Since(start).Round(time.Millisecond))
	paths, err := findCases(filepath.Join(dir, "x.wasm"), nil)
	if err != nil {
		return took, nil // without a case, there is nothing to run
	}
	for _, path := range paths {
		c, err := plugintest.ReadCase(path)
		if err != nil {
			continue // vega plugin test reports it
		}
		if f, err := k.Bench(ctx, c, 20); err == nil {
			return took + fmt.Sprintf(", a run %v", f.Median.Round(time.Microsecond)), nil
		}
	}
	return took, nil
}

// describe summarizes a built plugin for its author.
func describe(path string, wasm []byte, took string) io.Reader {
	var b bytes.Buffer
	i := plugins.Inspect(wasm)
	m := i.Manifest
	if m == nil { // tryOut has loaded it
		return &b
	}
	fmt.Fprintf(&b, "%s  %s %s, %s, sha256 %s, %s\n", path, m.Name, m.Version, check.Bytes(float64(i.Size)), i.Digest[:12], took)
	fmt.Fprintf(&b, "  calls %s\n", console.OrNone(strings.Join(i.Calls, " ")))
	for _, p := range m.Probes {
		kinds := make([]string, len(p.Capabilities))
		for i, c := range p.Capabilities {
			kinds[i] = string(c.Kind)
		}
		fmt.Fprintf(&b, "  %-16s %-10s %s\n", p.Name, strings.Join(kinds, " "), p.Summary)
	}
	return &b
}

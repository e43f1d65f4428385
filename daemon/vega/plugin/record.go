package plugin

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"vega/daemon"
	"vega/daemon/catalog"
	"vega/daemon/config"
	"vega/daemon/vega/cli"
	"vega/daemon/vega/console"
	"vega/plugins"
	"vega/plugins/manifest"
	"vega/plugins/plugintest"
)

func isBundled(wasm []byte) bool { return bytes.Equal(wasm, plugins.Core()) }

// recordCases runs integrations against their real targets and writes each run
// as a case next to the plugin.
func recordCases(ctx context.Context, cmd *cobra.Command, file string, wasm []byte, o testFlags) (err error) {
	cfg, name, err := configFor(cmd, file, wasm)
	if err != nil {
		return err
	}
	network, databases, outside, err := daemon.Outside(cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, outside.Close()) }()
	k, err := plugintest.Open(ctx, wasm, plugintest.Options{Network: network, Databases: databases, Bundled: isBundled(wasm)})
	if err != nil {
		return fmt.Errorf("%s is refused: %w", file, err)
	}
	defer func() { err = errors.Join(err, k.Close()) }()
	dir := filepath.Join(filepath.Dir(file), "tests")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, wanted := range o.record {
		i, err := integrationOf(cfg, name, wanted)
		if err != nil {
			return err
		}
		if err := recordOne(ctx, cmd, k, i, filepath.Join(dir, wanted+".json"), o.learn); err != nil {
			return fmt.Errorf("%s: %w", wanted, err)
		}
	}
	return nil
}

func recordOne(ctx context.Context, cmd *cobra.Command, k *plugintest.Kit, i *config.Integration, path string, learn bool) error {
	c, run, err := k.Record(ctx, plugins.Input{Integration: i.Name, Probe: i.Probe, Values: i.Values, Grants: i.Grants, Transport: i.Transport, Timeout: i.Timeout, Memory: i.Memory}, learn)
	out := cmd.OutOrStdout()
	for _, line := range run.Log {
		fmt.Fprintf(cmd.ErrOrStderr(), "%s: %s\n", i.Name, console.OneLine(line))
	}
	if c != nil {
		err = errors.Join(err, c.WriteFile(path))
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s  %s: %s\n", path, run.Status, console.OneLine(run.Message))
	if learn {
		if block := c.Grant.Block(); block != "" {
			fmt.Fprintf(out, "The run needs this grant block in addition to the grants derived from config:\n%s", block)
		} else {
			fmt.Fprintln(out, "The run needs no grant block, because the grants derived from config are sufficient.")
		}
	}
	return nil
}

// configFor loads the configuration with the plugin in file instead of any
// other plugin of the same name. It returns that name too.
func configFor(cmd *cobra.Command, file string, wasm []byte) (*config.Config, string, error) {
	m, err := manifest.Read(wasm)
	if err != nil {
		return nil, "", fmt.Errorf("%s is refused: %w", file, err)
	}
	bundled, err := catalog.Bundled()
	if err != nil {
		return nil, "", err
	}
	o := config.Options{Bundled: bundled}
	if !isBundled(wasm) {
		o.Scan = scanWith(file, m)
	}
	r := config.Read(cli.ConfigPath(cmd), o)
	if r.Config == nil {
		return nil, "", &config.InvalidError{Diagnostics: r.Diagnostics}
	}
	return r.Config, m.Manifest.Name, cli.PrintDiagnostics(cmd, r.Diagnostics)
}

// scanWith returns a scan that finds the plugins of a directory, with m in
// place of any plugin of the same name.
func scanWith(file string, m *manifest.Module) config.Scan {
	return func(dir string, admit manifest.Admit) ([]manifest.Found, error) {
		found, err := manifest.Scan(dir, admit)
		if err != nil {
			return nil, err
		}
		found = slices.DeleteFunc(found, func(f manifest.Found) bool { return isModuleNamed(f, m.Manifest.Name) })
		return append(found, manifest.Found{File: file, Module: m}), nil
	}
}

func isModuleNamed(f manifest.Found, name string) bool {
	return f.Module != nil && f.Module.Manifest.Name == name
}

// integrationOf finds an enabled integration of the plugin by its name.
func integrationOf(cfg *config.Config, plugin, name string) (*config.Integration, error) {
	n := slices.IndexFunc(cfg.Integrations, func(i config.Integration) bool { return i.Name == name })
	if n < 0 {
		var names []string
		for _, i := range cfg.Integrations {
			if i.Plugin == plugin {
				names = append(names, i.Name)
			}
		}
		if len(names) == 0 {
			return nil, fmt.Errorf("no integration %q, and none that uses the plugin %s; add one to the configuration", name, plugin)
		}
		return nil, fmt.Errorf("no integration %q; those that use the plugin %s are: %s", name, plugin, strings.Join(names, ", "))
	}
	i := &cfg.Integrations[n]
	switch {
	case i.Plugin != plugin:
		return nil, fmt.Errorf("integration %q runs %s.%s, which is not in the plugin %s", name, i.Plugin, i.Probe, plugin)
	case !i.Enabled:
		return nil, fmt.Errorf("integration %q is disabled: %s", name, i.Disabled)
	}
	return i, nil
}

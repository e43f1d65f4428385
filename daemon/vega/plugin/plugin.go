// Package plugin implements vega plugin: the commands that make, build, test,
// sign and inspect plugins, one file per command. Command returns them all.
package plugin

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"vega/daemon/vega/cli"
	"vega/daemon/vega/console"
	"vega/plugins/manifest"
)

// Command returns vega plugin with its subcommands.
func Command() *cobra.Command {
	c := &cobra.Command{
		Use:   "plugin",
		Short: "Create, build, test, sign and inspect plugins",
		Example: `  vega plugin new stock            write a project with a working probe
  vega plugin build stock          build stock/stock.wasm
  vega plugin test stock/stock.wasm`,
		SuggestFor: []string{"plugins", "module", "modules"},
		Args:       cli.Subcommand,
		RunE:       func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	c.AddCommand(newCommand(), buildCommand(), inspectCommand(), testCommand(), listCommand(), keygenCommand(), signCommand(), verifyCommand())
	for _, each := range c.Commands() { // they print the names of files that others drop into plugins/
		run := each.RunE
		each.RunE = func(cmd *cobra.Command, args []string) error {
			cmd.SetOut(console.Plain(cmd.OutOrStdout()))
			return run(cmd, args)
		}
	}
	c.AddCommand(compileCommand())
	return c
}

// readModule reads a .wasm file. For the directory of a plugin, the error names
// the module in it.
func readModule(path string) ([]byte, error) {
	if info, err := os.Stat(path); err != nil || !info.IsDir() {
		return manifest.ReadFile(path)
	}
	if found, err := filepath.Glob(filepath.Join(path, "*.wasm")); err == nil && len(found) > 0 {
		return nil, fmt.Errorf("%s is a directory; name the module in it: %s", path, found[0])
	}
	return nil, fmt.Errorf("%s is a directory without a module; build one with vega plugin build %[1]s", path)
}

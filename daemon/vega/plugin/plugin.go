// Package plugin implements vega plugin: the commands that make, build, test,
// sign and inspect plugins, one file per command. Command returns them all.
package plugin

import (
	"github.com/spf13/cobra"

	"vega/daemon/vega/cli"
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
	c.AddCommand(newCommand(), buildCommand(), inspectCommand(), testCommand(), listCommand(), keygenCommand(), signCommand(), verifyCommand(), compileCommand())
	return c
}

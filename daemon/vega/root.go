package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"vega/daemon/vega/cli"
	"vega/daemon/vega/oncall"
	"vega/daemon/vega/operate"
	"vega/daemon/vega/plugin"
	"vega/daemon/version"
)

func rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:           "vega",
		Short:         "Run health checks as sandboxed WebAssembly probes",
		Args:          cli.Subcommand,
		SilenceErrors: true,
		SilenceUsage:  true,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			return cli.CheckConfigPath(cli.ConfigPath(cmd))
		},
		Example: `  vega init && vega check     write a configuration, and run its checks once
  vega serve                  run the daemon
  vega help check             explain a command`,
	}
	root.PersistentFlags().StringP("config", "c", "", "configuration `FILE` (default: "+cli.LocalConfig+" in this directory, or else "+cli.SystemConfig+")")
	// Not cobra's --version: it takes -v too, and its template links text/template,
	// with which the linker keeps every method of every type: 7 MB.
	printVersion := root.Flags().Bool("version", false, "print the version, as vega version does")
	root.RunE = func(cmd *cobra.Command, _ []string) error {
		if !*printVersion {
			return cmd.Help()
		}
		_, err := fmt.Fprintln(cmd.OutOrStdout(), version.Get())
		return err
	}
	root.SetFlagErrorFunc(cli.FlagError)
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetHelpCommand(helpCommand())
	root.AddCommand(
		serveCommand(), checkCommand(), planCommand(), diagCommand(), initCommand(), fmtCommand(), plugin.Command(),
		versionCommand(), validateCommand(), explainCommand(), docsCommand(), verifyCommand(), recoverCommand(), completionCommand(),
	)
	root.AddCommand(oncall.Commands()...)
	root.AddCommand(operate.Commands()...)
	cli.Complete(root, "config", cli.Extensions("hcl"))
	return root
}

package main

import (
	"github.com/spf13/cobra"

	"vega/daemon/vega/plugin"
)

func rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:           "vega",
		Short:         "Run health checks as sandboxed WebAssembly probes",
		Args:          cobra.NoArgs,
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.PersistentFlags().StringP("config", "c", "vega.hcl", "configuration `FILE`")
	root.CompletionOptions.DisableDefaultCmd = true
	root.AddCommand(
		serveCommand(), checkCommand(), planCommand(), diagCommand(), initCommand(), fmtCommand(), plugin.Command(),
		versionCommand(), validateCommand(), explainCommand(), docsCommand(), verifyCommand(),
	)
	return root
}

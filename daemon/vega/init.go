package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"vega/daemon/config"
	"vega/daemon/vega/cli"
	"vega/daemon/vega/file"
)

func initCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "init",
		Short: "Write a commented vega.hcl to start from",
		Long: `Write a commented vega.hcl to start from. It is valid and works as it is: it
checks vega itself. Its comments say how to switch on the other integrations.
An existing file is not changed.`,
		Example: `  vega init                      write vega.hcl in this directory
  vega init -c other.hcl         write another file`,
		SuggestFor: []string{"new", "create", "setup"},
		Args:       cli.Args(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			path := cli.LocalConfig
			if cmd.Flags().Changed("config") {
				path = cli.ConfigPath(cmd)
			}
			if err := file.Create(path, config.Init, 0o644, "-c"); err != nil {
				return err
			}
			return nextSteps(cmd, path)
		},
	}
}

// nextSteps prints what to do with the file that was written.
func nextSteps(cmd *cobra.Command, path string) error {
	flag := ""
	if cmd.Flags().Changed("config") {
		flag = " -c " + path
	}
	_, err := fmt.Fprintf(cmd.OutOrStdout(), `wrote %[1]s. It checks vega itself. Next:

  vega check%[2]s       run the checks once, and list those that are switched off
  vega validate%[2]s    after editing %[1]s: report every mistake
  vega serve%[2]s       run the daemon

%[1]s also has examples for a language model, a web search, Slack, Home
Assistant, Shodan, an API, DNS, a certificate, a port, mail and Redis. Comments
say how to switch each one on.
`, path, flag)
	return err
}

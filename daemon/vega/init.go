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
		Example: `  vega init                      write vega.hcl in this directory
  vega init -c /etc/vega.hcl     write another file`,
		SuggestFor: []string{"new", "create", "setup"},
		Args:       cli.Args(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			path := cli.ConfigPath(cmd)
			if err := file.Create(path, config.Init, 0o644, "-c"); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "wrote %s; next, run vega check\n", path)
			return nil
		},
	}
}

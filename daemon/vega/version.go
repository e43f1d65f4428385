package main

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"vega/daemon/vega/cli"
	"vega/daemon/version"
)

func versionCommand() *cobra.Command {
	var format string
	c := &cobra.Command{
		Use:   "version",
		Short: "Print the version, commit and date of vega, and the version of Go",
		Example: `  vega version
  vega version --format json`,
		SuggestFor: []string{"about"},
		Args:       cli.Args(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			out := cmd.OutOrStdout()
			if format == "json" {
				e := json.NewEncoder(out)
				e.SetIndent("", "  ")
				return e.Encode(version.Get())
			}
			_, err := fmt.Fprintln(out, version.Get())
			return err
		},
	}
	cli.Choice(c, &format, "format", "output format", "text", "json")
	return c
}

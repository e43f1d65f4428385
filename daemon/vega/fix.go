package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"vega/daemon/catalog"
	"vega/daemon/config"
	"vega/daemon/vega/cli"
	"vega/daemon/vega/file"
)

// fix applies the safe fixes of all diagnostics to the files and prints the
// diff: to standard output with the text report, otherwise to the error stream,
// so that it does not mix with a report for programs.
func fix(cmd *cobra.Command, path, format string) error {
	bundled, err := catalog.Bundled()
	if err != nil {
		return cli.Failed(err)
	}
	out := cmd.OutOrStdout()
	if format != "text" {
		out = cmd.ErrOrStderr()
	}
	fixed, _ := config.Fix(path, config.Options{Bundled: bundled})
	for _, f := range fixed {
		if err := file.Replace(f.Path, f.After); err != nil {
			return err
		}
		if _, err := fmt.Fprintln(out, diff(f.Path, f.Before, f.After)); err != nil {
			return err
		}
	}
	return nil
}

package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"vega/daemon/catalog"
	"vega/daemon/config"
)

// fix makes the edits that diagnostics have, and shows what it changed. That
// goes to the error stream where a program reads the report.
func fix(cmd *cobra.Command, path, format string) error {
	bundled, err := catalog.Bundled()
	if err != nil {
		return failed(err)
	}
	out := cmd.OutOrStdout()
	if format != "text" {
		out = cmd.ErrOrStderr()
	}
	fixed, _ := config.Fix(path, config.Options{Bundled: bundled})
	for _, f := range fixed {
		if err := replaceFile(f.Path, f.After); err != nil {
			return err
		}
		if _, err := fmt.Fprintln(out, difference(f.Path, f.Before, f.After)); err != nil {
			return err
		}
	}
	return nil
}

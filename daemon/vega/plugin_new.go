package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"vega/plugins/build"
	"vega/plugins/examples"
)

func pluginNewCommand() *cobra.Command {
	lang := string(build.Go)
	var names []string
	for _, l := range examples.Languages() {
		names = append(names, string(l))
	}
	c := &cobra.Command{
		Use:   "new NAME",
		Short: "Write the project of a new plugin, which works as it stands",
		Long: `New makes the directory NAME with a working probe, its plugin.hcl, tests, a page
of README and the SDK. It builds offline, with nothing but the toolchain of its
language. Change the probe, then: vega plugin build.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			block, err := examples.Write(args[0], args[0], build.Language(lang))
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), `wrote %[1]s/; now:

  cd %[1]s
  vega plugin build                 makes %[1]s.wasm
  vega plugin test %[1]s.wasm

To put it to work, copy %[1]s.wasm into the plugins/ of a vega, and paste into its
vega.hcl:

%[2]s`, args[0], block)
			return nil
		},
	}
	c.Flags().StringVar(&lang, "lang", lang, "the `LANGUAGE`: "+strings.Join(names, ", "))
	return c
}

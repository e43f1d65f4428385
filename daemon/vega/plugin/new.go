package plugin

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"vega/plugins/build"
	"vega/plugins/examples"
)

func newCommand() *cobra.Command {
	lang := string(build.Go)
	var names []string
	for _, l := range examples.Languages() {
		names = append(names, string(l))
	}
	c := &cobra.Command{
		Use:   "new NAME",
		Short: "Create a plugin project with a working probe",
		Long: `New creates the directory NAME with a working probe, its plugin.hcl, tests, a
README and the SDK. The project builds offline, with only the toolchain of its
language. Change the probe, then run vega plugin build.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			block, err := examples.Write(args[0], args[0], build.Language(lang))
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), `wrote %[1]s/. Next:

  cd %[1]s
  vega plugin build                 builds %[1]s.wasm
  vega plugin test %[1]s.wasm

To use it, copy %[1]s.wasm into the daemon's plugins/ directory and add this to
its vega.hcl:

%[2]s`, args[0], block)
			return nil
		},
	}
	c.Flags().StringVar(&lang, "lang", lang, "the `LANGUAGE`: "+strings.Join(names, ", "))
	return c
}

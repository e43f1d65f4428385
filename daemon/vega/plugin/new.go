package plugin

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"vega/daemon/catalog"
	"vega/daemon/vega/cli"
	"vega/plugins/build"
	"vega/plugins/examples"
	"vega/plugins/manifest"
)

func newCommand() *cobra.Command {
	var lang string
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
		Example: `  vega plugin new stock
  vega plugin new --lang rust stock`,
		SuggestFor:        []string{"init", "create"},
		Args:              cli.Args(1, 1),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			block, err := examples.Write(args[0], args[0], build.Language(lang))
			if err != nil {
				return err
			}
			if bundled, err := catalog.Bundled(); err == nil && slices.ContainsFunc(bundled, func(f manifest.Found) bool { return f.Module.Manifest.Name == args[0] }) {
				fmt.Fprintf(cmd.ErrOrStderr(), "A plugin that ships with vega has this name: vega refuses yours, unless the configuration has plugins { replace = [%q] }.\n", args[0])
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
	cli.Choice(c, &lang, "lang", "language of the project", names...)
	return c
}

package main

import (
	"io"
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

func rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:           "vega",
		Short:         "Watch what your service leans on, by probes in a sandbox",
		Args:          cobra.NoArgs,
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.PersistentFlags().StringP("config", "c", "vega.hcl", "configuration `FILE`")
	root.CompletionOptions.DisableDefaultCmd = true
	root.AddCommand(serveCommand(), checkCommand(), planCommand(), diagCommand(), initCommand(), fmtCommand(), pluginCommand(), versionCommand(), validateCommand(), explainCommand(), docsCommand(), verifyCommand())
	return root
}

// configPath is the file that -c names.
func configPath(cmd *cobra.Command) string {
	path, err := cmd.Flags().GetString("config")
	if err != nil { // the flag is defined on the root
		panic(err)
	}
	return path
}

// onTerminal reports whether a person reads w.
func onTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// inColor reports whether w may be given colour.
func inColor(w io.Writer) bool { return onTerminal(w) && os.Getenv("NO_COLOR") == "" }

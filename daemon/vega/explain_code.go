package main

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"vega/daemon/config"
)

func explainCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "explain [CODE]",
		Short: "Tell what a code of a diagnostic means, and how to mend it",
		Long: `Tell what the code of a diagnostic means, why vega insists, and how to mend it,
with a wrong and a right example. CODE is VEGA012, or 12 for short. Without a
code, list all of them. What an integration may reach is another question:
vega check --explain NAME.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			out := cmd.OutOrStdout()
			if len(args) == 0 {
				return listCodes(out)
			}
			code, err := config.FindCode(args[0])
			if err != nil {
				return fmt.Errorf("%w (vega explain lists them all)", err)
			}
			return config.Explain(code).WriteText(out, inColor(out))
		},
	}
}

func listCodes(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, c := range config.Codes {
		fmt.Fprintf(w, "%s\t%s\n", c.Code, c.Title)
	}
	return w.Flush()
}

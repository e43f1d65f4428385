package main

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"vega/daemon/config/diag"
	"vega/daemon/vega/cli"
	"vega/daemon/vega/console"
)

func explainCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "explain [CODE]",
		Short: "Explain a diagnostic code and how to fix it",
		Long: `Explain what a diagnostic code means, why vega reports it, and how to fix it,
with an example before and after the fix. CODE is VEGA012, or 12 for short. Without a
code, list all codes. To see what an integration may reach, use
vega check --explain NAME instead.`,
		Example: `  vega explain            list all codes
  vega explain VEGA007    explain one`,
		SuggestFor: []string{"why", "code", "error"},
		Args:       cli.Args(0, 1),
		ValidArgsFunction: cli.Words(func() (all []string) {
			for _, c := range diag.Codes {
				all = append(all, cobra.CompletionWithDesc(string(c.Code), c.Title))
			}
			return all
		}),
		RunE: func(cmd *cobra.Command, args []string) error {
			out := cmd.OutOrStdout()
			if len(args) == 0 {
				return listCodes(out)
			}
			code, err := diag.FindCode(args[0])
			if err != nil {
				return fmt.Errorf("%w (vega explain lists all codes)", err)
			}
			return diag.Explain(code).WriteText(out, console.HasColor(out))
		},
	}
}

func listCodes(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, c := range diag.Codes {
		fmt.Fprintf(w, "%s\t%s\n", c.Code, c.Title)
	}
	return w.Flush()
}

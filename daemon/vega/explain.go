package main

import (
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"vega/daemon/config"
	"vega/daemon/engine"
	"vega/daemon/vega/cli"
)

// noIntegration reports a name that no integration has. One with for_each has
// instances with names of their own.
func noIntegration(cfg *config.Config, name string) error {
	for _, i := range cfg.Integrations {
		if strings.HasPrefix(i.Name, name+".") {
			return fmt.Errorf("integration %q has for_each; name one of its instances, such as %s", name, i.Name)
		}
	}
	return fmt.Errorf("no integration %q in %s", name, cfg.Path)
}

// explain prints the grants of an integration and where each comes from,
// without running anything.
func explain(cmd *cobra.Command, name string) error {
	cfg, err := cli.LoadAndWarn(cmd)
	if err != nil {
		return cli.Unchecked(err)
	}
	n := slices.IndexFunc(cfg.Integrations, func(i config.Integration) bool { return i.Name == name })
	if n < 0 {
		return cli.Unchecked(noIntegration(cfg, name))
	}
	i := cfg.Integrations[n]
	w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "%s\truns %s.%s\t(%s)\n", i.Name, i.Plugin, i.Probe, i.Position)
	if !i.Enabled {
		fmt.Fprintf(w, "disabled\t%s\t\n", i.Disabled)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	grants := engine.Grants(i.Grants)
	if len(grants) == 0 {
		fmt.Fprintln(cmd.OutOrStdout(), "no grants: the probe can reach nothing")
		return nil
	}
	fmt.Fprintln(cmd.OutOrStdout(), "grants:")
	for _, g := range grants {
		fmt.Fprintf(w, "  %s\t%s\tfrom %s\n", g.Kind, g.Allow, g.From)
	}
	return w.Flush()
}

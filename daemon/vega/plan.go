package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"vega/daemon"
	"vega/daemon/config"
	"vega/daemon/plan"
)

// planning is what the flags of plan say.
type planning struct {
	against  string
	server   string
	format   string
	detailed bool
}

func planCommand() *cobra.Command {
	var o planning
	c := &cobra.Command{
		Use:   "plan [PATH]",
		Short: "Show what the configuration would change of the vega that runs",
		Long: `Ask the vega that runs what its file, as it is on the disk now, would change:
what is added, changed, restarted and removed, which keys need a restart, and
how many runs that is. Nothing is changed. With --against, compare with another
file instead, and ask nobody. PATH is the file, in place of -c.

Exits 0, 1 if a file is not valid, 2 if one can't be read or no vega can be
asked. With --detailed-exitcode, 3 if anything would change.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			path, err := pathToValidate(cmd, args)
			if err != nil {
				return err
			}
			return o.run(cmd, path)
		},
	}
	c.Flags().StringVar(&o.against, "against", "", "compare with this `FILE`, as if it ran")
	c.Flags().StringVar(&o.server, "server", "", "ask the vega at this `URL`; without, it is found by the file")
	c.Flags().StringVar(&o.format, "format", "text", "text or json")
	c.Flags().BoolVar(&o.detailed, "detailed-exitcode", false, "exit with 3 if anything would change")
	c.MarkFlagsMutuallyExclusive("against", "server")
	return c
}

func (o planning) run(cmd *cobra.Command, path string) error {
	if !slices.Contains([]string{"text", "json"}, o.format) {
		return fmt.Errorf("--format %s: it is text or json", o.format)
	}
	cfg, _, err := load(path, overrides{})
	if err != nil {
		return err
	}
	p, err := o.plan(cmd, cfg)
	if err != nil {
		return err
	}
	if o.format == "json" {
		e := json.NewEncoder(cmd.OutOrStdout())
		e.SetIndent("", "  ")
		err = e.Encode(struct {
			FormatVersion string `json:"format_version"`
			plan.Plan
		}{config.FormatVersion, p})
	} else {
		err = writePlan(cmd.OutOrStdout(), p)
	}
	if err != nil {
		return fmt.Errorf("print the plan: %w", err)
	}
	if o.detailed && !p.Empty() {
		return &exit{exitChanges, nil}
	}
	return nil
}

func (o planning) plan(cmd *cobra.Command, cfg *config.Config) (plan.Plan, error) {
	if o.against != "" {
		old, _, err := load(o.against, overrides{})
		if err != nil {
			return plan.Plan{}, err
		}
		return plan.Between(old, cfg), nil
	}
	c, err := newClient(cfg, o.server)
	if err != nil {
		return plan.Plan{}, err
	}
	var p daemon.Planned
	err = c.get(cmd.Context(), "/admin/config/plan", &p)
	if refused := (*problemError)(nil); errors.As(err, &refused) {
		return plan.Plan{}, failed(err)
	}
	if err != nil {
		return plan.Plan{}, err
	}
	if runs, err := filepath.Abs(p.Running.Path); err == nil && o.server == "" && runs != cfg.Path {
		return plan.Plan{}, fmt.Errorf("the vega on %s runs %s, not %s; to compare the two, say --against %s", c.server, runs, cfg.Path, runs)
	}
	return p.Plan, nil
}

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"vega/daemon"
	"vega/daemon/config"
	"vega/daemon/config/diag"
	"vega/daemon/plan"
	"vega/daemon/vega/cli"
	"vega/daemon/vega/client"
	"vega/daemon/vega/console"
)

// planFlags holds the flags of plan.
type planFlags struct {
	against  string
	server   string
	format   string
	detailed bool
}

func planCommand() *cobra.Command {
	var o planFlags
	c := &cobra.Command{
		Use:   "plan [PATH]",
		Short: "Show what a reload would change in the running daemon",
		Long: `Ask the running daemon what a reload of its file would change: what is added,
changed, restarted and removed, which settings need a restart, and the load in
runs per second. Nothing is changed. With --against, compare with another file
instead, without a daemon. PATH is the file, instead of -c.

Exits 0 on success, 1 if a file is not valid, 2 if a file can't be read or the
daemon can't be asked. With --detailed-exitcode, exits 3 if anything would
change.`,
		Example: `  vega plan                           what a reload would change
  vega plan --against old.hcl         compare two files, without a daemon
  vega plan --detailed-exitcode       exit 3 if anything would change`,
		SuggestFor:        []string{"diff", "preview", "changes"},
		Args:              cli.Args(0, 1),
		ValidArgsFunction: cli.Files("hcl"),
		RunE: func(cmd *cobra.Command, args []string) error {
			path, err := pathArg(cmd, args)
			if err != nil {
				return err
			}
			return o.run(cmd, path)
		},
	}
	c.Flags().StringVar(&o.against, "against", "", "compare with this `FILE` instead of the running configuration")
	c.Flags().StringVar(&o.server, "server", "", "ask the daemon at this `URL` (default: the one the configuration names)")
	cli.Choice(c, &o.format, "format", "output format", "text", "json")
	cli.Complete(c, "against", cli.Extensions("hcl"))
	c.Flags().BoolVar(&o.detailed, "detailed-exitcode", false, "exit with 3 if anything would change")
	cli.Exclusive(c, "against", "server")
	return c
}

func (o planFlags) run(cmd *cobra.Command, path string) error {
	cfg, _, err := cli.Load(path)
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
		}{diag.FormatVersion, p})
	} else {
		err = console.WritePlan(cmd.OutOrStdout(), p)
	}
	if err != nil {
		return fmt.Errorf("print the plan: %w", err)
	}
	if o.detailed && !p.Empty() {
		return &cli.Exit{Code: cli.ExitChanges}
	}
	return nil
}

func (o planFlags) plan(cmd *cobra.Command, cfg *config.Config) (plan.Plan, error) {
	if o.against != "" {
		old, _, err := cli.Load(o.against)
		if err != nil {
			return plan.Plan{}, err
		}
		return plan.Between(old, cfg), nil
	}
	c, err := client.New(cfg, o.server)
	if err != nil {
		return plan.Plan{}, err
	}
	var p daemon.Planned
	err = c.Get(cmd.Context(), "/admin/config/plan", &p)
	if _, refused := errors.AsType[*client.ProblemError](err); refused {
		return plan.Plan{}, cli.Failed(err)
	}
	if err != nil {
		return plan.Plan{}, err
	}
	if runs, err := filepath.Abs(p.Running.Path); err == nil && o.server == "" && runs != cfg.Path {
		return plan.Plan{}, fmt.Errorf("the daemon at %s runs %s, not %s; to compare the two, use --against %s", c.URL, runs, cfg.Path, runs)
	}
	return p.Plan, nil
}

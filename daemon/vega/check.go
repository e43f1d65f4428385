package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"vega/daemon"
	"vega/daemon/config"
	"vega/daemon/engine"
	"vega/daemon/telemetry"
	"vega/daemon/vega/cli"
	"vega/daemon/vega/console"
	"vega/daemon/vega/plugin"
	"vega/policies/check"
)

// checkFlags holds the flags of check.
type checkFlags struct {
	format  string
	explain string
	verbose bool
}

func checkCommand() *cobra.Command {
	var o checkFlags
	cmd := &cobra.Command{
		Use:   "check [NAME…]",
		Short: "Run integrations once, without a daemon, and print their status",
		Long: `Run all integrations, or the named ones, once and in parallel, without a daemon,
and print their status. Exits 0 if all are healthy, 1 if the worst is degraded
or unknown, 2 if one is unhealthy, 3 if nothing could be checked.`,
		Example: `  vega check                  run all integrations
  vega check store llm        run two of them
  vega check -v llm           log every step of a run
  vega check --format json    print the result for a program
  vega check --explain llm    show what an integration may reach, and run nothing`,
		SuggestFor:        []string{"health", "probe"},
		ValidArgsFunction: cli.Integrations,
		RunE: func(cmd *cobra.Command, names []string) error {
			if o.explain != "" {
				if len(names) > 0 {
					return fmt.Errorf("--explain already names the integration %s; remove %s", o.explain, strings.Join(names, ", "))
				}
				return explain(cmd, o.explain)
			}
			return checkIntegrations(cmd, names, o)
		},
	}
	cli.Choice(cmd, &o.format, "format", "output format", "text", "json")
	cmd.Flags().StringVar(&o.explain, "explain", "", "show `NAME`'s effective grants and where each comes from; run nothing")
	cmd.Flags().BoolVarP(&o.verbose, "verbose", "v", false, "log every step of each run to standard error")
	cli.Complete(cmd, "explain", cli.Integrations)
	cli.Exclusive(cmd, "explain", "format")
	cli.Exclusive(cmd, "explain", "verbose")
	return cmd
}

func checkIntegrations(cmd *cobra.Command, names []string, o checkFlags) error {
	ctx, stop := signal.NotifyContext(cmd.Context(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	cfg, err := cli.LoadAndWarn(cmd)
	if err != nil {
		return cli.Unchecked(err)
	}
	h, err := runChecks(ctx, cmd, cfg, names, o)
	if err != nil {
		return cli.Unchecked(err)
	}
	if o.format == "json" {
		e := json.NewEncoder(cmd.OutOrStdout())
		e.SetIndent("", "  ")
		err = e.Encode(h)
	} else {
		err = console.WriteHealth(cmd.OutOrStdout(), h)
	}
	if err != nil {
		return cli.Unchecked(err)
	}
	return statusExit(h.Status)
}

// runChecks opens a daemon that stores nothing, asks it once for the health of
// the integrations, and closes it.
func runChecks(ctx context.Context, cmd *cobra.Command, cfg *config.Config, names []string, o checkFlags) (h engine.Health, err error) {
	logs := telemetry.NewLog(cmd.ErrOrStderr(), o.format == "json")
	logs.SetScrub(cfg.Redactor().Redact)
	logs.SetLevel(slog.LevelError)
	if o.verbose {
		logs.SetLevel(slog.LevelDebug)
	}
	standBy(ctx, cfg)
	p := console.StartProgress(cmd.ErrOrStderr())
	defer p.End()
	d, err := daemon.Open(ctx, cfg, daemon.Options{Log: logs.Logger, ReadOnly: true, Compiler: plugin.Compiler})
	if err != nil {
		return h, err
	}
	h, err = d.Health(ctx, engine.Query{Names: names, Progress: p.Show})
	if unknown, ok := errors.AsType[*engine.UnknownError](err); ok {
		unknown.Near = cmp.Or(unknown.Near, nearestName(cfg, unknown.Name))
	}
	if closed := d.Close(); err == nil {
		err = closed
	}
	if err == nil && ctx.Err() != nil {
		err = errors.New("interrupted before all checks ended")
	}
	return h, err
}

// statusExit turns the overall status into an exit code.
func statusExit(s check.Status) error {
	switch s {
	case check.Healthy:
		return nil
	case check.Unhealthy:
		return &cli.Exit{Code: cli.ExitUnhealthy}
	default:
		return &cli.Exit{Code: cli.ExitDegraded}
	}
}

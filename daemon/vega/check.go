package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"vega/daemon"
	"vega/daemon/config"
	"vega/daemon/engine"
	"vega/daemon/telemetry"
	"vega/policies/check"
)

// checking is what the flags of check say.
type checking struct {
	format  string
	explain string
	verbose bool
}

func checkCommand() *cobra.Command {
	var o checking
	cmd := &cobra.Command{
		Use:   "check [NAME…]",
		Short: "Run integrations once, without a daemon, and show how they are",
		Long: `Run every integration once, or those that are named, in parallel and without a
daemon, and show how they are. Exits 0 if all are healthy, 1 if the worst is
degraded or unknown, 2 if one is unhealthy, 3 if nothing could be checked.`,
		RunE: func(cmd *cobra.Command, names []string) error {
			if o.explain != "" {
				if len(names) > 0 {
					return fmt.Errorf("--explain is for %s alone; leave out %s", o.explain, strings.Join(names, ", "))
				}
				return explain(cmd, o.explain)
			}
			return checkIntegrations(cmd, names, o)
		},
	}
	cmd.Flags().StringVar(&o.format, "format", "text", "text or json")
	cmd.Flags().StringVar(&o.explain, "explain", "", "show what the integration `NAME` may reach and who said so, and run nothing")
	cmd.Flags().BoolVarP(&o.verbose, "verbose", "v", false, "log every step of each run to standard error")
	cmd.MarkFlagsMutuallyExclusive("explain", "format")
	cmd.MarkFlagsMutuallyExclusive("explain", "verbose")
	return cmd
}

func checkIntegrations(cmd *cobra.Command, names []string, o checking) error {
	if !slices.Contains([]string{"text", "json"}, o.format) {
		return fmt.Errorf("--format %s: it is text or json", o.format)
	}
	ctx, stop := signal.NotifyContext(cmd.Context(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	cfg, err := loadFor(cmd)
	if err != nil {
		return unchecked(err)
	}
	h, err := runChecks(ctx, cmd, cfg, names, o.verbose)
	if err != nil {
		return unchecked(err)
	}
	if o.format == "json" {
		e := json.NewEncoder(cmd.OutOrStdout())
		e.SetIndent("", "  ")
		err = e.Encode(h)
	} else {
		err = writeTable(cmd.OutOrStdout(), h)
	}
	if err != nil {
		return unchecked(err)
	}
	return verdict(h.Status)
}

// runChecks opens a daemon that keeps nothing, asks it once and closes it.
func runChecks(ctx context.Context, cmd *cobra.Command, cfg *config.Config, names []string, verbose bool) (h engine.Health, err error) {
	logs := telemetry.NewLog(cmd.ErrOrStderr(), !onTerminal(cmd.ErrOrStderr()))
	logs.SetScrub(cfg.Redactor().Redact)
	logs.SetLevel(slog.LevelError)
	if verbose {
		logs.SetLevel(slog.LevelDebug)
	}
	p := startProgress(cmd.ErrOrStderr())
	defer p.end()
	d, err := daemon.Open(ctx, cfg, daemon.Options{Log: logs.Logger, ReadOnly: true, Compiler: compiler})
	if err != nil {
		return h, err
	}
	h, err = d.Health(ctx, engine.Query{Names: names, Progress: p.show})
	if closed := d.Close(); err == nil {
		err = closed
	}
	if err == nil && ctx.Err() != nil {
		err = errors.New("interrupted before every check was done")
	}
	return h, err
}

func unchecked(err error) error { return &exit{exitUnchecked, err} }

// verdict turns the status of the whole into an exit code.
func verdict(s check.Status) error {
	switch s {
	case check.Healthy:
		return nil
	case check.Unhealthy:
		return &exit{exitUnhealthy, nil}
	default:
		return &exit{exitDegraded, nil}
	}
}

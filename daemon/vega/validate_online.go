package main

import (
	"fmt"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"vega/daemon"
	"vega/daemon/config"
	"vega/daemon/databases"
	"vega/daemon/engine"
	"vega/policies/check"
)

// observe runs each enabled integration once, as check does, if the
// configuration can be used.
func (v *verdictOn) observe(cmd *cobra.Command) error {
	if v.cfg == nil {
		v.ran = "--online ran nothing, since the configuration is not valid"
		return nil
	}
	ctx, stop := signal.NotifyContext(cmd.Context(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	h, err := runChecks(ctx, cmd, v.cfg, nil, false)
	if err != nil {
		return fmt.Errorf("run the integrations, as --online says: %w", err)
	}
	v.ran = fmt.Sprintf("--online ran %s once: %s", several(h.Summary.Total-h.Summary.Disabled, "integration"), counts(h.Summary))
	rights, err := daemon.DatabaseRights(ctx, v.cfg)
	if err != nil {
		return fmt.Errorf("ask the databases, as --online says: %w", err)
	}
	v.seen = v.cfg.Observe(append(findings(h, again(cmd, v.path)), tooMuch(rights)...))
	return nil
}

// tooMuch are the databases in which vega may do more than it needs.
func tooMuch(all []databases.Rights) (out []config.Finding) {
	for _, r := range all {
		if len(r.May) > 0 {
			out = append(out, config.Finding{
				Database: r.Database,
				Detail:   fmt.Sprintf("The role that vega uses for database.%s can also %s. vega queries in transactions that may only read, but a function that a query calls can do what the role can.", r.Database, listed20(r.May)),
				Fix:      r.Fix,
			})
		}
	}
	return out
}

// listed20 joins at most 20 names.
func listed20(names []string) string {
	if len(names) > 20 {
		names = append(names[:20:20], "…")
	}
	return strings.Join(names, ", ")
}

// again is the command that shows more of one run.
func again(cmd *cobra.Command, path string) string {
	if path == cmd.Flag("config").DefValue {
		return "vega check -v"
	}
	return fmt.Sprintf("vega check -c %s -v", path)
}

// remedy is what to do about a report that is not as one would wish.
func remedy(r engine.Report, more string) string {
	if r.Cause == check.Denied {
		return "grant what the message names, if the probe should have it"
	}
	return fmt.Sprintf("see to the target, or to what its config says; %s %s logs the run", more, r.Name)
}

// findings are the reports that are not as one would wish.
func findings(h engine.Health, more string) []config.Finding {
	var out []config.Finding
	for _, r := range h.Integrations {
		if r.Status == check.Healthy || r.Status == check.Disabled {
			continue
		}
		out = append(out, config.Finding{
			Integration: r.Name,
			Detail:      fmt.Sprintf("It is %s: %s.", standing(r), strings.TrimRight(r.Message, ".")),
			Fix:         remedy(r, more),
		})
	}
	return out
}

package main

import (
	"fmt"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"vega/daemon"
	"vega/daemon/alerting"
	"vega/daemon/config"
	"vega/daemon/databases"
	"vega/daemon/engine"
	"vega/daemon/heartbeat"
	"vega/daemon/vega/cli"
	"vega/daemon/vega/console"
	"vega/policies/check"
)

// observe runs each enabled integration once, as check does, and adds a warning
// for each one that is not healthy, for each database role with excess rights, and
// for each notifier through which a test does not arrive. It runs nothing if the
// configuration is not valid.
func (v *validation) observe(cmd *cobra.Command) error {
	if v.cfg == nil {
		v.ran = "--online ran nothing because the configuration is not valid"
		return nil
	}
	ctx, stop := signal.NotifyContext(cmd.Context(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	h, err := runChecks(ctx, cmd, v.cfg, nil, checkFlags{})
	if err != nil {
		return fmt.Errorf("run the integrations for --online: %w", err)
	}
	v.ran = fmt.Sprintf("--online ran %s once: %s", console.Count(h.Summary.Total-h.Summary.Disabled, "integration"), console.Counts(h.Summary))
	rights, err := daemon.DatabaseRights(ctx, v.cfg)
	if err != nil {
		return fmt.Errorf("query the databases for --online: %w", err)
	}
	tests, err := daemon.TestNotifiers(ctx, v.cfg)
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return fmt.Errorf("test the notifiers for --online: %w", err)
	}
	if len(tests) > 0 {
		v.ran += fmt.Sprintf("; sent a test through %s", console.Count(len(tests), "notifier"))
	}
	v.observed = v.cfg.Observe(slices.Concat(statusFindings(h, checkCommandFor(v.path)), rightsFindings(rights), testFindings(tests)))
	return nil
}

// testFindings reports each notifier through which a test did not arrive.
func testFindings(all []alerting.TestReport) (out []config.Finding) {
	for _, r := range all {
		if r.OK {
			continue
		}
		last := r.Steps[len(r.Steps)-1]
		out = append(out, config.Finding{
			Notifier: r.Notifier,
			Detail:   fmt.Sprintf("The test message (%s) did not arrive: %s.", last.Kind, strings.TrimRight(console.OneLine(last.Error), ".")),
			Fix:      "correct the settings of the notifier, or make its service reachable from here",
		})
	}
	return out
}

// rightsFindings reports each database whose role can do more than vega needs.
func rightsFindings(all []databases.Rights) (out []config.Finding) {
	for _, r := range all {
		if len(r.May) > 0 {
			out = append(out, config.Finding{
				Database: r.Database,
				Detail:   fmt.Sprintf("The role of database.%s can also %s. Vega queries in read-only transactions, but a function that a query calls can do whatever the role can.", r.Database, joinAtMost20(r.May)),
				Fix:      r.Fix,
			})
		}
	}
	return out
}

// joinAtMost20 joins the first 20 names.
func joinAtMost20(names []string) string {
	if len(names) > 20 {
		names = append(names[:20:20], "…")
	}
	return strings.Join(names, ", ")
}

// checkCommandFor returns the command line that shows more about one run.
func checkCommandFor(path string) string {
	if path == cli.DefaultPath(cli.LocalConfig, cli.SystemConfig) {
		return "vega check -v"
	}
	return fmt.Sprintf("vega check -c %s -v", path)
}

// statusFindings reports each integration that ran and is not healthy. Nothing runs for
// a heartbeat, so its last state says nothing about the configuration.
func statusFindings(h engine.Health, checkCommand string) []config.Finding {
	var out []config.Finding
	for _, r := range h.Integrations {
		if r.Status == check.Healthy || r.Status == check.Disabled || r.Probe == heartbeat.Probe {
			continue
		}
		out = append(out, config.Finding{
			Integration: r.Name,
			Detail:      fmt.Sprintf("Its status is %s: %s.", console.Status(r), strings.TrimRight(r.Message, ".")),
			Fix:         statusFix(r, checkCommand),
		})
	}
	return out
}

// statusFix says what to do about a report.
func statusFix(r engine.Report, checkCommand string) string {
	if r.Cause == check.Denied {
		return "add the grant named in the message if the probe should have it"
	}
	return fmt.Sprintf("check the target and the integration's config; %s %s logs the run", checkCommand, r.Name)
}

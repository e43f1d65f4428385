package main

import (
	"fmt"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"vega/daemon"
	"vega/daemon/config"
	"vega/policies"
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
	v.seen = v.cfg.Observe(findings(h, again(cmd, v.path)))
	return nil
}

// again is the command that shows more of one run.
func again(cmd *cobra.Command, path string) string {
	if path == cmd.Flag("config").DefValue {
		return "vega check -v"
	}
	return fmt.Sprintf("vega check -c %s -v", path)
}

// findings are the reports that are not as one would wish.
func findings(h daemon.Health, more string) []config.Finding {
	var out []config.Finding
	for _, r := range h.Integrations {
		if r.Status == policies.Healthy || r.Status == policies.Disabled {
			continue
		}
		out = append(out, config.Finding{
			Integration: r.Name,
			Detail:      fmt.Sprintf("It is %s: %s.", standing(r), strings.TrimRight(r.Message, ".")),
			Fix:         fmt.Sprintf("see to the target, or to what its config says; %s %s shows each step", more, r.Name),
		})
	}
	return out
}

package daemon

import (
	"context"
	"time"

	"vega/daemon/config"
	"vega/daemon/diagnostics"
	"vega/policies"
)

// System is how the machine, the container and this process are.
type System struct {
	Status policies.Level `json:"status"`
	diagnostics.Snapshot
	Warnings []Warning  `json:"warnings"`
	Unjudged []Unjudged `json:"unjudged"`
}

// SystemSummary is the part of System that is cheap to know. It is judged by
// the thresholds for what is in it, and its warnings come without evidence.
type SystemSummary struct {
	Status policies.Level `json:"status"`
	diagnostics.Summary
	Warnings []Warning  `json:"warnings"`
	Unjudged []Unjudged `json:"unjudged"`
}

// System reads and judges everything there is to know about the machine. The
// error is that of ctx, or ErrClosing.
func (d *Daemon) System(ctx context.Context) (System, error) {
	now := d.inForce()
	return d.lookout.system(ctx, now.thresholds, now.databases, evidencePatience)
}

// SystemSummary reads and judges what is cheap to know. Errors are those of
// System.
func (d *Daemon) SystemSummary(ctx context.Context) (SystemSummary, error) {
	now := d.inForce()
	return d.lookout.summary(ctx, now.thresholds, now.databases)
}

// lookAroundPatience is longer than one search for evidence takes.
const lookAroundPatience = 3 * time.Second

// LookAround reads and judges this machine without a daemon, by the thresholds
// of a configuration. It takes up to a second for what is behind each warning.
// Nothing is known of databases, and of what vega itself uses only what this
// process does. The error is that of ctx.
func LookAround(ctx context.Context, cfg *config.Config) (System, error) {
	l, err := newLookout(cfg.DataDir)
	if err != nil {
		return System{}, err
	}
	defer l.close()
	if err := l.Wait(ctx); err != nil {
		return System{}, unread(err)
	}
	return l.system(ctx, policies.NewThresholds(cfg.Thresholds, nil), newDatabases(cfg, nil, nil), lookAroundPatience)
}

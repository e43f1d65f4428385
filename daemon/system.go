package daemon

import (
	"context"
	"errors"
	"fmt"
	"time"

	"vega/daemon/config"
	"vega/daemon/diagnostics"
	"vega/daemon/monitor"
	"vega/policies"
)

// System reads and judges everything there is to know about the machine. The
// error is that of ctx, or ErrClosing.
func (d *Daemon) System(ctx context.Context) (monitor.System, error) {
	now := d.inForce()
	s, err := d.monitor.System(ctx, now.thresholds, now.databases, evidencePatience)
	return s, closing(err)
}

// SystemSummary reads and judges what costs little to know. Errors are those of
// System.
func (d *Daemon) SystemSummary(ctx context.Context) (monitor.Summary, error) {
	now := d.inForce()
	s, err := d.monitor.Summarize(ctx, now.thresholds, now.databases)
	return s, closing(err)
}

// closing is ErrClosing where the monitor is closed.
func closing(err error) error {
	if errors.Is(err, diagnostics.ErrClosed) {
		return ErrClosing
	}
	return err
}

// evidencePatience is how long an answer waits for evidence, and
// lookAroundPatience longer than one search for evidence takes.
const (
	evidencePatience   = 20 * time.Millisecond
	lookAroundPatience = 3 * time.Second
)

// LookAround reads and judges this machine without a daemon, by the thresholds
// of a configuration. It takes up to a second to find what is behind each
// warning. Nothing is known of databases, and of vega's own use only that of
// this process. The error is that of ctx.
func LookAround(ctx context.Context, cfg *config.Config) (monitor.System, error) {
	l, err := monitor.New(cfg.DataDir)
	if err != nil {
		return monitor.System{}, err
	}
	defer l.Close()
	if err := l.Wait(ctx); err != nil {
		return monitor.System{}, fmt.Errorf("read how this machine is: %w", err)
	}
	return l.System(ctx, policies.NewThresholds(cfg.Thresholds, nil), databasesOf(cfg, nil, nil), lookAroundPatience)
}

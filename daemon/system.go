package daemon

import (
	"context"
	"errors"
	"fmt"

	"vega/daemon/config"
	"vega/daemon/diagnostics"
	"vega/policies"
)

// System is how the machine, the container and this process are.
type System struct {
	Status policies.Level `json:"status"`
	diagnostics.Snapshot
	Warnings []Warning `json:"warnings"`
}

// SystemSummary is the part of System that is cheap to know.
type SystemSummary struct {
	Status policies.Level `json:"status"`
	diagnostics.Summary
	Warnings []Warning `json:"warnings"`
}

// Warning is a resource that is beyond one of its thresholds.
type Warning struct {
	Resource    string         `json:"resource"` // as a threshold names it: system.memory.percent
	Status      policies.Level `json:"status"`
	Value       float64        `json:"value"`
	Threshold   float64        `json:"threshold"`
	Explanation string         `json:"explanation"`
}

// openDiagnostics comes early in the start, so that there is a window to look
// back on when somebody first asks.
func (d *Daemon) openDiagnostics(cfg *config.Config) error {
	c, err := diagnostics.New(diagnostics.Options{DataDir: cfg.DataDir})
	if err != nil {
		return fmt.Errorf("begin to watch this machine: %w", err)
	}
	d.diagnostics = c
	return nil
}

// System reads and judges everything there is to know about the machine. The
// error is that of ctx, or ErrClosing.
func (d *Daemon) System(ctx context.Context) (System, error) {
	s, err := d.diagnostics.Snapshot(ctx)
	if err != nil {
		return System{}, unread(err)
	}
	return System{Status: policies.LevelHealthy, Snapshot: s, Warnings: []Warning{}}, nil
}

// SystemSummary reads and judges what is cheap to know. Errors are those of
// System.
func (d *Daemon) SystemSummary(ctx context.Context) (SystemSummary, error) {
	s, err := d.diagnostics.Summary(ctx)
	if err != nil {
		return SystemSummary{}, unread(err)
	}
	return SystemSummary{Status: policies.LevelHealthy, Summary: s, Warnings: []Warning{}}, nil
}

func unread(err error) error {
	if errors.Is(err, diagnostics.ErrClosed) {
		return ErrClosing
	}
	return fmt.Errorf("read how this machine is: %w", err)
}

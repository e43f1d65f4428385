package daemon

import (
	"context"
	"errors"
	"fmt"
	"time"

	"vega/daemon/config"
	"vega/daemon/databases"
	"vega/daemon/diagnostics"
	"vega/daemon/monitor"
	"vega/daemon/version"
	"vega/policies"
)

// System reads the state of the machine and compares it with the thresholds. The
// error is that of ctx, or ErrClosing.
func (d *Daemon) System(ctx context.Context) (monitor.System, error) {
	now := d.inForce()
	s, err := d.monitor.System(ctx, now.thresholds, now.figures(d), evidencePatience)
	if err == nil {
		s.Places = d.room.places()
		release := version.Get()
		s.Release = &release
	}
	return s, closing(err)
}

// SystemSummary is like System, but reads only figures that are cheap to read.
func (d *Daemon) SystemSummary(ctx context.Context) (monitor.Summary, error) {
	now := d.inForce()
	s, err := d.monitor.Summarize(ctx, now.thresholds, now.figures(d))
	return s, closing(err)
}

// closing replaces the error of a closed monitor by ErrClosing.
func closing(err error) error {
	if errors.Is(err, diagnostics.ErrClosed) {
		return ErrClosing
	}
	return err
}

// evidencePatience limits how long System waits for evidence. inspectPatience
// exceeds the time that a search for evidence takes.
const (
	evidencePatience = 20 * time.Millisecond
	inspectPatience  = 3 * time.Second
)

// InspectHost reads the state of this machine without a daemon and compares it with
// the thresholds of a configuration. Finding the evidence for the warnings takes up
// to a second. The result does not cover databases, and its figures about vega are
// those of this process. The error is that of ctx.
func InspectHost(ctx context.Context, cfg *config.Config) (monitor.System, error) {
	m, err := monitor.New(cfg.DataDir)
	if err != nil {
		return monitor.System{}, err
	}
	defer m.Close()
	if err := m.Wait(ctx); err != nil {
		return monitor.System{}, fmt.Errorf("read the state of this machine: %w", err)
	}
	return m.System(ctx, policies.NewThresholds(cfg.Thresholds, nil), hostFigures{databasesOf(cfg, nil, nil, nil)}, inspectPatience)
}

// hostFigures are those that can be read without a daemon.
type hostFigures struct{ *databases.Set }

// Reported says that a figure that the configuration defines needs a daemon.
func (hostFigures) Reported(_ time.Time, path string) []policies.Reading {
	return []policies.Reading{{Resource: path, Unknown: "only a running daemon measures it"}}
}

// FitMemory returns the lowest limit on memory of this process, which is that of a
// daemon started here. The error says what the limit is too low for.
func FitMemory(ctx context.Context) (summary string, short error) {
	var lowest bound
	for _, b := range boundsOf()(ctx) {
		if lowest.limit == 0 || b.limit < lowest.limit {
			lowest = b
		}
		if !b.space && b.limit < compileMemory {
			short = fmt.Errorf("%v is less than the %v that compiling plugins takes, so the kernel may kill vega when it starts", b, rounded(compileMemory))
		}
	}
	if lowest.limit == 0 {
		return "no known limit", nil
	}
	return fmt.Sprintf("limit %v (%s)", rounded(lowest.limit), lowest.name), short
}

package daemon

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"vega/daemon/config"
	"vega/daemon/databases"
	"vega/daemon/diagnostics"
	"vega/daemon/engine"
	"vega/daemon/monitor"
	"vega/daemon/version"
	"vega/policies"
	"vega/policies/check"
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

// figures are the figures that alerts and thresholds can name besides those of the machine.
// They implement monitor.Sources.
type figures struct {
	*databases.Set
	daemon *Daemon
}

func (s *state) figures(d *Daemon) figures { return figures{s.databases, d} }

// Reported returns the readings of metric.NAME or integration.NAME.METRIC.
func (f figures) Reported(now time.Time, path string) []policies.Reading {
	if name, ok := strings.CutPrefix(path, policies.MetricPrefix); ok {
		return f.measured(path, name)
	}
	states := map[string][]engine.State{}
	name, metric, ok := policies.IntegrationFigure(path, func(name string) bool {
		o, err := f.daemon.engine.Overview(engine.Selection{Names: []string{name}})
		states[name] = o.Integrations
		return err == nil
	})
	if !ok {
		return nil
	}
	all := make([]policies.Reading, len(states[name]))
	for n := range all {
		all[n] = reportedBy(&states[name][n], metric, now)
	}
	return all
}

// measured returns the last value of each series of a metric block.
func (f figures) measured(path, name string) []policies.Reading {
	samples, reason, ok := f.daemon.measures.Series(name)
	switch {
	case !ok:
		return nil
	case reason != "":
		return []policies.Reading{{Resource: path, Unknown: reason}}
	}
	all := make([]policies.Reading, len(samples))
	for n, s := range samples {
		all[n] = policies.Reading{Resource: path, Subject: s.Series(), Value: s.Value, Measured: s.At}
	}
	return all
}

// onDemandInterval stands for the interval of an integration that runs only on request.
const onDemandInterval = time.Minute

// reportedBy returns what an integration reported last. Without a value, it is unknown: a
// run that could not tell says nothing about the target.
func reportedBy(s *engine.State, metric string, now time.Time) policies.Reading {
	out := policies.Reading{Resource: policies.IntegrationPrefix + s.Name + "." + metric}
	every := time.Duration(s.IntervalMS * float64(time.Millisecond))
	if every <= 0 {
		every = onDemandInterval
	}
	n := slices.IndexFunc(s.Metrics, func(m check.Metric) bool { return m.Name == metric })
	switch {
	case s.Status == check.Disabled:
		out.Unknown = "the integration is disabled"
	case s.CheckedAt == nil:
		out.Unknown = "the integration has not run yet"
	case now.Sub(*s.CheckedAt) > policies.StaleIntervals*every:
		out.Unknown = fmt.Sprintf("the last run is older than %d intervals of %s", policies.StaleIntervals, check.Span(every))
	case s.Status == check.Unknown:
		out.Unknown = "the last run is unknown: " + strings.TrimSuffix(s.Message, ".")
	case n < 0:
		out.Unknown = "the last run did not report it"
	default:
		out.Value, out.Measured, out.ReportedUnit = s.Metrics[n].Value, *s.CheckedAt, policies.UnitOf(s.Metrics[n].Unit)
	}
	return out
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

package daemon

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"vega/daemon/databases"
	"vega/daemon/engine"
	"vega/policies"
	"vega/policies/check"
)

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

package daemon

import (
	"cmp"
	"context"
	"time"

	"vega/daemon/alerting"
	"vega/daemon/config"
	"vega/daemon/databases"
	"vega/daemon/engine"
	"vega/daemon/measure"
	"vega/daemon/telemetry/metrics"
	"vega/daemon/version"
)

// exports is the part of a Daemon that hands out metrics.
type exports struct {
	daemon  *Daemon
	metrics *metrics.Exporter
}

// open makes the exporter. It reads the daemon only when it is scraped.
func (x *exports) open() {
	release := version.Get()
	x.metrics = metrics.New(metrics.Release{Version: release.Version, Commit: release.Commit}, metrics.Sources{
		Each:     x.eachState,
		Sinks:    x.sinks,
		Reloaded: func() bool { return !x.daemon.Rejected() },

		Incidents: x.incidents,
		Figures:   x.figures,
		Custom:    x.custom,
	})
}

// Metrics returns the exporter of vega's metrics.
func (x *exports) Metrics() *metrics.Exporter { return x.metrics }

// eachState passes the state of each integration to f.
func (x *exports) eachState(f func(metrics.State)) {
	x.daemon.engine.Each(func(r *engine.Report, interval time.Duration) {
		s := metrics.State{Integration: r.Name, Status: r.Status, Interval: interval, Metrics: r.Metrics, Exchange: r.Exchange}
		if r.CheckedAt != nil {
			s.At, s.Took = *r.CheckedAt, time.Duration(r.ResponseTimeMS*float64(time.Millisecond))
		}
		f(s)
	})
}

// sinks returns what each sink did not record, the durable one first.
func (x *exports) sinks() []metrics.Sink {
	var all []metrics.Sink
	for _, s := range x.daemon.engine.Sinks() {
		if s.Name == statsdSink {
			s.Dropped += x.daemon.statsd.Lost()
		}
		all = append(all, metrics.Sink{Name: s.Name, Dropped: s.Dropped, Failed: s.Failed})
	}
	return append(all, x.daemon.traces.sinks()...)
}

// observeOwn measures a query on vega's own store.
func (x *exports) observeOwn(ctx context.Context, took time.Duration) {
	x.metrics.ObserveQuery(ctx, databases.OwnDatabase, took)
}

// incidents returns how many incidents are open, by severity.
func (x *exports) incidents() map[string]int {
	out := map[string]int{}
	if x.daemon.alerts != nil { // not read-only
		for severity, n := range alerting.Severities(x.daemon.alerts) {
			out[string(severity)] = n
		}
	}
	return out
}

// figures returns what can be read of the host, this process and databases.
func (x *exports) figures(ctx context.Context) []metrics.Figure {
	readings, err := x.daemon.monitor.Figures(ctx, x.daemon.inForce().databases.Figures(time.Now()))
	if err != nil {
		return nil // vega is shutting down, or the scraper is gone
	}
	all := make([]metrics.Figure, len(readings))
	for n, r := range readings {
		all[n] = metrics.Figure{Path: r.Resource, Subject: r.Subject, Value: r.Value}
	}
	return all
}

// custom returns the metric blocks with their values.
func (x *exports) custom() []metrics.Custom {
	status, samples := x.daemon.measures.Status(), x.daemon.measures.Samples()
	all := make([]metrics.Custom, len(status))
	for n, s := range status {
		all[n] = metrics.Custom{Name: s.Name, Help: s.Help, Up: s.State == measure.Up, Known: s.State != measure.Unknown}
		for len(samples) > 0 && samples[0].Metric <= s.Name { // both are in order of name
			if one := samples[0]; one.Metric == s.Name {
				all[n].Samples = append(all[n].Samples, metrics.Sample{Labels: pairs(one.Labels), Value: one.Value})
			}
			samples = samples[1:]
		}
	}
	return all
}

// pairs returns labels as names and values.
func pairs(labels []measure.Label) []string {
	out := make([]string, 0, 2*len(labels))
	for _, l := range labels {
		out = append(out, l.Name, l.Value)
	}
	return out
}

// defaultMaxSeries is for a configuration that was not read from a file.
const defaultMaxSeries = 20

// exported returns what the exporter of metrics needs of a configuration.
func exported(c *config.Config, changed engine.Diff) metrics.Settings {
	s := metrics.Settings{Changed: changed.Changed, MaxSeries: cmp.Or(c.Telemetry.Metrics.MaxSeries, defaultMaxSeries)}
	for n := range c.Integrations {
		s.Integrations = append(s.Integrations, c.Integrations[n].Name)
	}
	for _, d := range c.Databases {
		s.Databases = append(s.Databases, d.Name)
	}
	for _, n := range c.Notifiers {
		s.Notifiers = append(s.Notifiers, n.Name)
	}
	return s
}

package daemon

import (
	"cmp"
	"time"

	"vega/daemon/config"
	"vega/daemon/engine"
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

// sinks returns what the best-effort sinks did not record.
func (x *exports) sinks() []metrics.Sink {
	var all []metrics.Sink
	for _, s := range x.daemon.engine.Sinks()[1:] { // without the durable one
		all = append(all, metrics.Sink{Name: s.Name, Dropped: s.Dropped, Failed: s.Failed})
	}
	return all
}

// defaultMaxSeries is for a configuration that was not read from a file.
const defaultMaxSeries = 20

// exported returns what the exporter of metrics needs of a configuration.
func exported(c *config.Config, changed engine.Diff) metrics.Settings {
	s := metrics.Settings{Changed: changed.Changed, MaxSeries: cmp.Or(c.Telemetry.Metrics.MaxSeries, defaultMaxSeries)}
	for n := range c.Integrations {
		s.Integrations = append(s.Integrations, c.Integrations[n].Name)
	}
	return s
}

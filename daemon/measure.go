package daemon

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"slices"

	"vega/daemon/config"
	"vega/daemon/databases"
	"vega/daemon/measure"
	"vega/daemon/telemetry"
	"vega/daemon/telemetry/statsd"
	"vega/plugins"
	"vega/plugins/fault"
	"vega/policies/check"
	"vega/store"
	"vega/store/sqlite"
)

// measuring is the part of a Daemon that runs the queries of the metric blocks, and sends
// their values and those of runs by StatsD.
type measuring struct {
	daemon   *Daemon
	measures *measure.Set
	statsd   *statsd.Exporter
}

// statsdSink is the name of the sink that sends by StatsD. What it dropped includes values
// that the receiver did not take.
const statsdSink = "statsd"

func newMeasuring(d *Daemon, pace func() func() check.Contention) measuring {
	m := measuring{daemon: d, statsd: statsd.New(d.options.Log, nil)}
	m.measures = measure.New(measure.Options{Log: d.options.Log, Query: m.query, Contention: pace, Record: m.record, Ended: m.send})
	return m
}

// configure applies the metric blocks and the exporter of a configuration.
func (m measuring) configure(c *config.Config) {
	m.measures.Configure(c.Telemetry.Measures, c.Redactor().Redact)
	if !m.daemon.options.ReadOnly { // another vega sends
		m.statsd.Configure(c.Telemetry.StatsD, cmp.Or(c.Telemetry.Metrics.MaxSeries, defaultMaxSeries))
	}
}

// record adds the samples of a query to their history.
func (m measuring) record(ctx context.Context, all []measure.Sample) error {
	points := make([]store.Point, len(all))
	for n, s := range all {
		points[n] = store.Point{Series: store.Series{Metric: s.Metric, Labels: s.Series()}, At: s.At, Value: s.Value}
	}
	return m.daemon.store.AppendPoints(ctx, points)
}

// send sends the outcome of a metric block's query by StatsD.
func (m measuring) send(o measure.Status, all []measure.Sample) {
	switch o.State {
	case measure.Up:
		m.statsd.Gauge("metric.up", 1, statsd.Label{Name: "metric", Value: o.Name})
	case measure.Down:
		m.statsd.Gauge("metric.up", 0, statsd.Label{Name: "metric", Value: o.Name})
	}
	for _, s := range all {
		labels := make([]statsd.Label, len(s.Labels))
		for n, l := range s.Labels {
			labels[n] = statsd.Label(l)
		}
		m.statsd.Gauge("metric."+s.Metric, s.Value, labels...)
	}
}

// Measures returns the metric blocks with their values.
func (m measuring) Measures() *measure.Set { return m.measures }

// query runs the query of a metric block on the databases of the current configuration,
// which stay open until the rows are closed.
func (m measuring) query(ctx context.Context, database, query string) (measure.Rows, error) {
	m.daemon.mu.RLock()
	set := m.daemon.now.databases
	set.Retain()
	m.daemon.mu.RUnlock()
	own := database == databases.OwnDatabase
	rows, err := set.Query(telemetry.WithID(ctx, telemetry.NewID()), database, query)
	if err != nil {
		return nil, errors.Join(storeTrouble(own, err), set.Release())
	}
	return measuredRows{rows, set, own}, nil
}

// measuredRows are the rows of a metric block's query.
type measuredRows struct {
	plugins.Rows
	set *databases.Set
	own bool // of vega's own store
}

// Err returns the error that ended the rows, or nil if all were read.
func (r measuredRows) Err() error { return storeTrouble(r.own, r.Rows.Err()) }

// Close closes the rows, and the databases if nothing else uses them.
func (r measuredRows) Close() error { return errors.Join(r.Rows.Close(), r.set.Release()) }

// ofQuery lists the result codes of SQLite that are about a query, not about the file.
var ofQuery = []int{
	1,  // SQLITE_ERROR
	9,  // SQLITE_INTERRUPT
	18, // SQLITE_TOOBIG
	20, // SQLITE_MISMATCH
	23, // SQLITE_AUTH
	25, // SQLITE_RANGE
}

// storeTrouble returns err as vega's own trouble if it says that vega's own store can't be
// read. On any other database, such an error is the database's.
func storeTrouble(own bool, err error) error {
	if !own || err == nil {
		return err
	}
	lite, ok := errors.AsType[interface {
		error
		Code() int
	}](err)
	if ok && !slices.Contains(ofQuery, lite.Code()&0xff) || errors.Is(err, sqlite.ErrLocked) || errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return fault.New(err, "vega's own database can't be read now", "search vega's log for the store")
	}
	return err
}

// Package statsd sends the outcomes of runs and the values of metric blocks by StatsD, over
// UDP or to a Unix datagram socket.
//
// Create an Exporter with New, and switch it on, off or to another receiver with Configure.
// Record is a best-effort sink of runs, Gauge takes any other value. Neither waits for the
// receiver: what it does not take is lost and counted.
//
// Values are aggregated for two seconds. Names and labels correspond to those of GET
// /metrics, with dots: vega_probe_value{integration="web",metric="latency"} is
// vega.probe.value. With tags, its labels are DogStatsD tags. Without them, each of their
// values follows in the name: vega.probe.value.web.latency.
package statsd

import (
	"context"
	"log/slog"
	"math"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"vega/daemon/config/telemetry"
	"vega/policies/check"
)

// Dial connects to a receiver. Network is udp or unixgram.
type Dial func(ctx context.Context, network, address string) (net.Conn, error)

// Exporter sends metrics by StatsD while it is switched on.
type Exporter struct {
	log  *slog.Logger
	dial Dial

	now     atomic.Pointer[client] // nil: off
	lost    atomic.Int64
	logged  atomic.Int64 // when a loss was last logged, Unix seconds
	closing sync.WaitGroup
}

// New returns an Exporter that is off. dial may be nil.
func New(log *slog.Logger, dial Dial) *Exporter {
	if dial == nil {
		dial = (&net.Dialer{}).DialContext
	}
	return &Exporter{log: log, dial: dial}
}

// Configure applies settings; nil switches the exporter off. At most maxSeries metrics of a
// run are sent. It does not connect, and does not wait for the old receiver.
func (x *Exporter) Configure(settings *telemetry.StatsD, maxSeries int) {
	before := x.now.Load()
	if before != nil && settings != nil && before.settings == *settings && before.maxSeries == maxSeries {
		return
	}
	var next *client
	if settings != nil {
		var err error
		if next, err = newClient(*settings, maxSeries, x); err != nil {
			x.log.Error("nothing is sent by StatsD", "address", settings.Address, "err", err)
		}
	}
	x.now.Store(next)
	if before != nil {
		x.closing.Go(before.close)
	}
}

// Active reports whether the exporter is on.
func (x *Exporter) Active() bool { return x.now.Load() != nil }

// Lost returns how many values the receiver did not take. UDP does not report all of them.
func (x *Exporter) Lost() int64 { return x.lost.Load() }

// Close sends what has been aggregated, for at most a second, and switches the exporter off.
func (x *Exporter) Close() {
	x.Configure(nil, 0)
	x.closing.Wait()
}

// lossLogInterval is the minimum interval between log lines about losses.
const lossLogInterval = time.Minute

// lose counts values that are lost, and logs why, at most once a minute.
func (x *Exporter) lose(address string, n int, why string) {
	total := x.lost.Add(int64(n))
	now, last := time.Now().Unix(), x.logged.Load()
	if (last == 0 || now-last >= int64(lossLogInterval/time.Second) || now < last) && x.logged.CompareAndSwap(last, now) {
		x.log.Warn("values are not sent by StatsD; this is logged at most once a minute", "address", address, "reason", why, "lost", total)
	}
}

// Label is a name and a value that tell the series of a metric apart.
type Label struct{ Name, Value string }

// Gauge sends the value of a metric. Values that are not finite are left out.
func (x *Exporter) Gauge(name string, value float64, labels ...Label) {
	if c := x.now.Load(); c != nil {
		c.gauge(name, value, labels)
	}
}

// statuses are those that a run can have.
var statuses = []check.Status{check.Healthy, check.Degraded, check.Unhealthy, check.Unknown}

// Record sends the outcome of a run; see engine.Sink.
func (x *Exporter) Record(_ context.Context, r check.Run) error {
	c := x.now.Load()
	if c == nil {
		return nil
	}
	of := Label{"integration", r.Integration}
	for _, s := range statuses {
		value := 0.0
		if s == r.Status {
			value = 1
		}
		c.gauge("integration.status", value, []Label{of, {"status", string(s)}})
	}
	c.count("integration.runs", []Label{of, {"status", string(r.Status)}, {"cause", string(r.Cause)}})
	c.timing("run.duration", r.Took, []Label{of})
	for _, m := range r.Metrics[:min(len(r.Metrics), c.maxSeries)] {
		if !math.IsNaN(m.Value) && !math.IsInf(m.Value, 0) {
			c.gauge("probe.value", m.Value, []Label{of, {"metric", m.Name}, {"unit", m.Unit}})
		}
	}
	return nil
}

package metrics

import (
	"cmp"
	"context"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"vega/daemon/telemetry"
	"vega/policies/check"
)

// timings are the histograms. Each is native, and has ten classic buckets for a
// Prometheus that does not read native ones.
type timings struct {
	run, late      prometheus.Histogram
	query, request *prometheus.HistogramVec
}

func newTimings() timings {
	return timings{
		run:     prometheus.NewHistogram(histogram("vega_run_duration_seconds", "Time that runs of probes took in the sandbox, without waiting for other runs.", 0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 5, 30)),
		late:    prometheus.NewHistogram(histogram("vega_run_late_seconds", "Time from when scheduled runs were due until they began, with the wait for other runs.", 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60)),
		query:   prometheus.NewHistogramVec(histogram("vega_db_query_seconds", "Time that databases took for queries. Time that vega itself spent is not included. The database vega is its own store.", 0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5), []string{"database"}),
		request: prometheus.NewHistogramVec(histogram("vega_http_request_seconds", "Time until requests to vega were answered.", 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30), []string{"code", "route"}),
	}
}

// histogram returns the options of a histogram.
func histogram(name, help string, buckets ...float64) prometheus.HistogramOpts {
	return prometheus.HistogramOpts{
		Name: name, Help: help, Buckets: buckets,
		NativeHistogramBucketFactor: 1.1, NativeHistogramMaxBucketNumber: 100, NativeHistogramMinResetDuration: time.Hour,
	}
}

func (t *timings) observeRun(ctx context.Context, r *check.Run) {
	observe(ctx, t.run, r.Took)
	if r.Late != nil {
		observe(ctx, t.late, *r.Late)
	}
}

// ObserveQuery adds a query on a database. It ignores one that is no longer configured.
func (e *Exporter) ObserveQuery(ctx context.Context, database string, took time.Duration) {
	e.mu.RLock()
	defer e.mu.RUnlock() // so that no query brings the series of a database back
	if database == ownDatabase || e.databases[database] {
		observe(ctx, e.timings.query.WithLabelValues(valid(database)), took)
	}
}

// ownDatabase is the name of vega's store.
const ownDatabase = "vega"

// configureDatabases removes the series of databases that are gone. The caller holds e.mu.
func (e *Exporter) configureDatabases(names []string) {
	before := e.databases
	e.databases = map[string]bool{}
	for _, name := range names {
		e.databases[name] = true
		delete(before, name)
	}
	for name := range before {
		e.timings.query.DeleteLabelValues(valid(name))
	}
}

// ObserveRequest adds an answer to a request. The route is the pattern of its path, or ""
// if there is no such path.
func (e *Exporter) ObserveRequest(ctx context.Context, route string, code int, took time.Duration) {
	observe(ctx, e.timings.request.WithLabelValues(strconv.Itoa(code), cmp.Or(route, "other")), took)
}

// observe adds a duration, with the ID of the trace that ctx carries if it is sampled.
func observe(ctx context.Context, to prometheus.Observer, took time.Duration) {
	seconds := max(0, took.Seconds())
	if id := sampled(telemetry.TraceIn(ctx)); id != "" {
		to.(prometheus.ExemplarObserver).ObserveWithExemplar(seconds, prometheus.Labels{"trace_id": id})
		return
	}
	to.Observe(seconds)
}

// sampled returns the ID of a trace that is sampled, or "".
func sampled(t telemetry.Trace) string {
	if t.Sampled() {
		return t.ID()
	}
	return ""
}

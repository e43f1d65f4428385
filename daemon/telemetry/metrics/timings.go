package metrics

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"vega/daemon/telemetry"
	"vega/policies/check"
)

// timings are the histograms. Each is native, and has ten classic buckets for a
// Prometheus that does not read native ones.
type timings struct {
	run prometheus.Histogram
}

func newTimings() timings {
	return timings{
		run: prometheus.NewHistogram(histogram("vega_run_duration_seconds", "Time that runs of probes took in the sandbox, without waiting for other runs.", 0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 5, 30)),
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

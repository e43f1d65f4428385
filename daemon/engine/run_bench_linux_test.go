package engine

import (
	"context"
	"log/slog"
	"runtime"
	"syscall"
	"testing"
	"time"

	"vega/daemon/telemetry/metrics"
	"vega/plugins"
	"vega/plugins/sockets"
	"vega/policies/check"
)

// processorTime returns the processor time that this process has used.
func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// deep is like instant, and uses as much stack as the sandbox does, so that the goroutine
// of each run grows its stack, whatever the engine itself needs of it.
type deep struct{ instant }

func (d deep) Run(ctx context.Context, in plugins.Input) plugins.Result {
	var stack [16 << 10]byte
	if len(in.Integration) > 0 {
		stack[len(in.Integration)] = 1
	}
	runtime.KeepAlive(&stack)
	return d.instant.Run(ctx, in)
}

// BenchmarkHealthyRun runs a healthy integration, from the tick to the sinks: with no
// best-effort sink, with one that does nothing, and with the metrics of Prometheus.
func BenchmarkHealthyRun(b *testing.B) {
	nothing := NamedSink{Name: "nothing", Sink: sinkFunc(func(check.Run) error { return nil })}
	exporter := metrics.New(metrics.Release{}, metrics.Sources{})
	exporter.Configure(metrics.Settings{Integrations: []string{"web"}, MaxSeries: 20})
	for name, sinks := range map[string][]NamedSink{"none": nil, "nothing": {nothing}, "metrics": {{Name: "metrics", Sink: exporter}}} {
		b.Run(name, func(b *testing.B) {
			e := New(Options{
				Log: slog.New(slog.DiscardHandler), Life: b.Context(), MaxRunning: 100, Sockets: sockets.NewPool(1000),
				Contention: func() func() check.Contention { return func() check.Contention { return check.Contention{} } },
				Durable:    sinkFunc(func(check.Run) error { return nil }), BestEffort: sinks,
			})
			one := newBinding("web", time.Minute)
			one.Module = deep{}
			e.Bind([]*Binding{one})
			i, due := e.now.find("web"), time.Now()
			b.ReportAllocs()
			began, runs := processorTime(b), 0
			for b.Loop() {
				e.tick(i, due)
				e.flights.Wait()
				runs++
			}
			e.Close()
			b.ReportMetric(float64((processorTime(b)-began).Nanoseconds())/float64(runs), "cpu-ns/op")
		})
	}
}

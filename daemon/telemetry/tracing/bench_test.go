package tracing_test

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"testing"

	"vega/daemon/config/telemetry"
	"vega/daemon/telemetry/tracing"
	"vega/plugins/manifest"
	"vega/plugins/span"
)

// BenchmarkSpans measures the five spans of an HTTP check: recorded and exported to a
// collector that is down, and not sampled.
func BenchmarkSpans(b *testing.B) {
	for name, sample := range map[string]float64{"recorded": 1, "unsampled": 0} {
		b.Run(name, func(b *testing.B) {
			e := tracing.New(tracing.Options{Log: slog.New(slog.DiscardHandler), Getenv: environment(nil).get})
			down := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return nil, net.ErrClosed }}
			err := e.Configure(b.Context(), tracing.Target{
				Settings: &telemetry.OTLP{Endpoint: manifest.Plain("http://collector"), Traces: true, Sample: &sample}, Transport: down,
			})
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				run := e.Root("", "", span.Run, "run core.http")
				run.Text(span.Integration, "web")
				call := run.Begin(span.HTTP, "GET")
				call.Text(span.URL, "https://example.com:443/health")
				for _, kind := range []span.Kind{span.Lookup, span.Connect, span.Handshake} {
					part := call.Begin(kind, "part")
					part.Text(span.Host, "example.com")
					part.End()
				}
				call.Headers()
				call.Number(span.StatusCode, 200)
				call.End()
				run.End()
			}
			e.Shutdown(b.Context())
		})
	}
}

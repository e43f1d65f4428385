package tracing

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/propagation"

	settings "vega/daemon/config/telemetry"
	"vega/plugins/span"
)

// Options configures an Exporter.
type Options struct {
	Log     *slog.Logger
	Version string // of vega
	// Gatherer returns a Gatherer for one user; nil: there are no metrics.
	Gatherer func() prometheus.Gatherer
	// Getenv returns a variable of the environment.
	Getenv func(string) string
}

// Target is what Configure exports to.
type Target struct {
	// Settings are those of the block; nil means those of the environment.
	Settings *settings.OTLP
	// Transport carries the requests to the collector.
	Transport *http.Transport
}

// flushTime limits how long an exporter that was replaced, or that is shut down, takes to
// export what is left.
const flushTime = 5 * time.Second

// Exporter exports spans and metrics while a collector is configured. It is safe for
// concurrent use.
type Exporter struct {
	options Options
	redact  atomic.Pointer[func(string) string]
	now     atomic.Pointer[pipeline] // nil: nothing is exported
	traces  counter
	metrics counter
	sdk     counter // of what the SDK itself reports

	mu      sync.Mutex // held by Configure and Shutdown
	closed  bool
	closing sync.WaitGroup  // pipelines that were replaced
	flushes context.Context // of these; Shutdown ends it
	end     context.CancelFunc
}

// New returns an Exporter that exports nothing yet.
func New(o Options) *Exporter {
	e := &Exporter{options: o}
	e.flushes, e.end = context.WithCancel(context.Background())
	e.traces.what, e.metrics.what = "traces", "metrics"
	return e
}

// Configure exports to t from now on, and nothing if neither its settings nor the
// environment name a collector. What was exported to another collector before is flushed
// in the background. On an error nothing changes.
func (e *Exporter) Configure(ctx context.Context, t Target) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return nil
	}
	next, err := e.open(ctx, t)
	if err != nil {
		return err
	}
	if old := e.now.Swap(next); old != nil {
		e.closing.Go(func() {
			ctx, cancel := context.WithTimeout(e.flushes, flushTime)
			defer cancel()
			old.close(ctx)
		})
	}
	return nil
}

// Hide sets the function that replaces the secrets of the configuration in a text. Call it
// before Configure.
func (e *Exporter) Hide(redact func(string) string) { e.redact.Store(&redact) }

// Tracing reports whether spans are recorded now.
func (e *Exporter) Tracing() bool {
	p := e.now.Load()
	return p != nil && p.tracer != nil
}

// Root begins a span that continues a trace, or a new trace if parent is "".
func (e *Exporter) Root(parent, state string, kind span.Kind, name string) span.Span {
	p := e.now.Load()
	if p == nil || p.tracer == nil {
		return span.Span{}
	}
	ctx := context.Background()
	if parent != "" {
		ctx = propagation.TraceContext{}.Extract(ctx, propagation.MapCarrier{"traceparent": parent, "tracestate": state})
	}
	return span.Of(p.begin(ctx, kind, name))
}

// Shutdown exports what is left, for at most five seconds and no longer than ctx, and
// stops.
func (e *Exporter) Shutdown(ctx context.Context) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.closed = true
	ctx, cancel := context.WithTimeout(ctx, flushTime)
	defer cancel()
	defer context.AfterFunc(ctx, e.end)()
	if p := e.now.Swap(nil); p != nil {
		p.close(ctx)
	}
	e.closing.Wait()
	e.end()
}

// Stats are the counts of one signal since the start.
type Stats struct {
	Signal  string // traces or metrics
	Dropped int64  // spans that did not fit into the queue
	Failed  int64  // spans, or exports of metrics, that the collector did not take
}

// Stats returns the counts of each signal.
func (e *Exporter) Stats() []Stats { return []Stats{e.traces.stats(), e.metrics.stats()} }

// hide replaces the secrets of the configuration in a text.
func (e *Exporter) hide(text string) string {
	if redact := e.redact.Load(); redact != nil {
		return (*redact)(text)
	}
	return text
}

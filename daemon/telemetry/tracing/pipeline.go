package tracing

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"

	"go.opentelemetry.io/contrib/bridges/prometheus"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"vega/policies/check"
)

// pipeline exports to one collector.
type pipeline struct {
	exporter *Exporter
	life     context.Context // of every request
	end      context.CancelFunc
	secrets  []string // of this collector, besides those of the configuration

	clients []*http.Client

	tracer trace.Tracer // nil: no spans are recorded
	spans  *queue
	meters *metric.MeterProvider // nil: no metrics are exported
}

// maxPoints limits the data points of one request, because collectors limit its size.
const maxPoints = 4096

// maxValue limits the bytes of an attribute, unless the environment says otherwise.
const maxValue = 1024

// open returns the pipeline for a target, or nil if nothing is to be exported.
func (e *Exporter) open(ctx context.Context, t Target) (*pipeline, error) {
	c, err := choose(t.Settings, e.options.Getenv)
	for _, w := range c.warnings {
		e.options.Log.Warn("OpenTelemetry", "problem", w)
	}
	if err != nil || !c.traces && !c.metrics {
		return nil, err
	}
	c.metrics = c.metrics && e.options.Gatherer != nil
	useSDK(e)
	about, err := e.resource(ctx)
	if err != nil {
		e.options.Log.Warn("OpenTelemetry", "problem", "OTEL_RESOURCE_ATTRIBUTES is not a list of key=value, separated by commas", "fix", "correct it; the rest of it is used")
	}
	p := &pipeline{exporter: e, secrets: c.secrets}
	p.life, p.end = context.WithCancel(context.WithoutCancel(ctx))
	if c.traces {
		err = p.openTraces(ctx, c, t, about)
	}
	if err == nil && c.metrics {
		err = p.openMetrics(ctx, c, t, about)
	}
	if err != nil {
		p.end()
		return nil, errors.New(p.clean(err))
	}
	return p, nil
}

func (e *Exporter) resource(ctx context.Context) (*resource.Resource, error) {
	return resource.New(ctx, resource.WithHost(), resource.WithAttributes(ofVega(e.options.Version)...), resource.WithTelemetrySDK(), resource.WithFromEnv())
}

func (p *pipeline) openTraces(ctx context.Context, c choice, t Target, about *resource.Resource) error {
	count := &p.exporter.traces
	client, err := c.client(t, "TRACES", func(n int64) {
		count.failed.Add(n)
		count.log(p.exporter.options.Log, fmt.Sprintf("the collector rejected %d spans of a request", n))
	})
	if err != nil {
		return err
	}
	p.clients = append(p.clients, client)
	exporter, err := otlptracehttp.New(ctx, c.traceOptions(client)...)
	if err != nil {
		return err
	}
	p.spans = &queue{counter: &p.exporter.traces, size: int64(c.queue)}
	p.spans.batches = sdk.NewBatchSpanProcessor(spanExporter{exporter, p}, sdk.WithMaxQueueSize(c.queue), sdk.WithMaxExportBatchSize(c.batch), sdk.WithBatchTimeout(c.delay))
	limits := sdk.NewSpanLimits()
	if limits.AttributeValueLengthLimit < 0 {
		limits.AttributeValueLengthLimit = maxValue
	}
	options := []sdk.TracerProviderOption{sdk.WithResource(about), sdk.WithRawSpanLimits(limits), sdk.WithSpanProcessor(front{p.exporter})}
	if c.sample != nil {
		options = append(options, sdk.WithSampler(sdk.ParentBased(sdk.TraceIDRatioBased(*c.sample))))
	}
	p.tracer = sdk.NewTracerProvider(options...).Tracer("vega", trace.WithInstrumentationVersion(p.exporter.options.Version))
	return nil
}

func (p *pipeline) openMetrics(ctx context.Context, c choice, t Target, about *resource.Resource) error {
	count := &p.exporter.metrics
	client, err := c.client(t, "METRICS", func(n int64) {
		count.failed.Add(1)
		count.log(p.exporter.options.Log, fmt.Sprintf("the collector rejected %d data points of a request", n))
	})
	if err != nil {
		return err
	}
	p.clients = append(p.clients, client)
	exporter, err := otlpmetrichttp.New(ctx, c.metricOptions(client)...)
	if err != nil {
		return err
	}
	families := prometheus.NewMetricProducer(prometheus.WithGatherer(p.exporter.options.Gatherer()))
	reader := metric.NewPeriodicReader(metricExporter{exporter, p}, metric.WithInterval(c.interval), metric.WithProducer(families), metric.WithMaxExportBatchSize(maxPoints))
	p.meters = metric.NewMeterProvider(metric.WithResource(about), metric.WithReader(reader))
	return nil
}

// close exports what is left until ctx ends, and ends what is still in progress then.
func (p *pipeline) close(ctx context.Context) {
	stop := context.AfterFunc(ctx, p.end)
	defer stop()
	var closing sync.WaitGroup
	if p.spans != nil {
		closing.Go(func() { p.spans.close(ctx) })
	}
	if p.meters != nil {
		closing.Go(func() { _ = p.meters.Shutdown(ctx) }) // a failed export is counted
	}
	closing.Wait()
	p.end()
	for _, c := range p.clients {
		c.CloseIdleConnections()
	}
}

// maxReason limits the bytes of a reason in the log.
const maxReason = 300

// clean is like Exporter.clean, with the secrets of this collector.
func (p *pipeline) clean(err error) string { return p.exporter.clean(err, p.secrets) }

// clean returns the text of an error without secrets and addresses, on one line.
func (e *Exporter) clean(err error, secrets []string) string {
	if deep, ok := errors.AsType[*url.Error](err); ok { // it has the URL
		err = deep.Err
	}
	return check.Clip(check.OneLine(e.hide(without(err.Error(), secrets))), maxReason)
}

// until returns a context that ends with the pipeline, too.
func (p *pipeline) until(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(p.life, cancel)
	return ctx, func() { stop(); cancel() }
}

// spanExporter counts and logs the failures of the SDK's exporter.
type spanExporter struct {
	sdk.SpanExporter
	*pipeline
}

// ExportSpans exports a batch. A failure is counted here.
func (s spanExporter) ExportSpans(ctx context.Context, batch []sdk.ReadOnlySpan) error {
	if !s.spans.take(len(batch)) {
		return nil
	}
	ctx, cancel := s.until(ctx)
	defer cancel()
	if err := s.SpanExporter.ExportSpans(ctx, batch); err != nil {
		s.exporter.traces.failed.Add(int64(len(batch)))
		s.exporter.traces.log(s.exporter.options.Log, s.clean(err))
	}
	return nil
}

// metricExporter counts and logs the failures of the SDK's exporter.
type metricExporter struct {
	metric.Exporter
	*pipeline
}

// Export exports metrics. A failure is counted here.
func (m metricExporter) Export(ctx context.Context, all *metricdata.ResourceMetrics) error {
	ctx, cancel := m.until(ctx)
	defer cancel()
	if err := m.Exporter.Export(ctx, all); err != nil {
		m.exporter.metrics.failed.Add(1)
		m.exporter.metrics.log(m.exporter.options.Log, m.clean(err))
	}
	return nil
}

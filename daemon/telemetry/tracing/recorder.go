package tracing

import (
	"context"
	"sync/atomic"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"vega/plugins/span"
)

// keys names the attributes, by the semantic conventions where they have a name.
var keys = map[span.Key]string{
	span.Correlation:     "vega.correlation_id",
	span.Integration:     "vega.integration",
	span.Probe:           "vega.probe",
	span.Status:          "vega.status",
	span.Cause:           "vega.cause",
	span.Method:          "http.request.method",
	span.Route:           "http.route",
	span.StatusCode:      "http.response.status_code",
	span.URL:             "url.full",
	span.Scheme:          "url.scheme",
	span.ProtocolVersion: "network.protocol.version",
	span.Host:            "server.address",
	span.Port:            "server.port",
	span.PeerAddress:     "network.peer.address",
	span.PeerPort:        "network.peer.port",
	span.Network:         "network.transport",
	span.TLSVersion:      "tls.protocol.version",
	span.TLSCipher:       "tls.cipher",
	span.Question:        "dns.question.name",
	span.RecordType:      "vega.dns.record_type",
	span.Answers:         "vega.dns.answers",
	span.System:          "db.system.name",
	span.Database:        "vega.database",
	span.Operation:       "db.operation.name",
	span.Statement:       "db.query.text",
	span.Rows:            "db.response.returned_rows",
	span.KeyName:         "vega.api_key",
	span.Client:          "client.address",
}

// errorType is the attribute with the kind of a failure.
const errorType = "error.type"

// kinds lists the kinds that are not internal.
var kinds = map[span.Kind]trace.SpanKind{
	span.Request:   trace.SpanKindServer,
	span.HTTP:      trace.SpanKindClient,
	span.WebSocket: trace.SpanKindClient,
	span.Query:     trace.SpanKindClient,
}

// maxSpans limits the spans of one run, because a probe may make any number of calls, and
// would fill the queue with them.
const maxSpans = 128

// recorder records a span that is sampled.
type recorder struct {
	pipeline *pipeline
	span     trace.Span
	left     *atomic.Int64 // spans that the run may still have
}

// begin begins a span under the one in ctx.
func (p *pipeline) begin(ctx context.Context, kind span.Kind, name string) span.Recorder {
	of := kinds[kind]
	if of == trace.SpanKindUnspecified {
		of = trace.SpanKindInternal
	}
	_, s := p.tracer.Start(ctx, name, trace.WithSpanKind(of))
	if !s.IsRecording() {
		parent, state := headers(s)
		return unsampled{parent, state}
	}
	r := recorder{p, s, new(atomic.Int64)}
	r.left.Store(maxSpans)
	return r
}

// Begin begins a child. If the run has too many, it counts the child as dropped,
// and leaves out what is below it.
func (r recorder) Begin(kind span.Kind, name string) span.Recorder {
	if kind != span.Run && r.left.Add(-1) < 0 {
		r.pipeline.exporter.traces.dropped.Add(1)
		parent, state := r.Headers()
		return unsampled{parent, state}
	}
	child := r.pipeline.begin(trace.ContextWithSpan(context.Background(), r.span), kind, name)
	if c, ok := child.(recorder); ok && kind != span.Run {
		c.left = r.left
		return c
	}
	return child
}

// Text sets an attribute, without the secrets of the configuration.
func (r recorder) Text(key span.Key, value string) {
	r.span.SetAttributes(attribute.String(keys[key], r.pipeline.exporter.hide(value)))
}

// Number sets an attribute.
func (r recorder) Number(key span.Key, value int64) {
	r.span.SetAttributes(attribute.Int64(keys[key], value))
}

// Fail marks the span as failed.
func (r recorder) Fail(class string) {
	r.span.SetStatus(codes.Error, "")
	r.span.SetAttributes(attribute.String(errorType, class))
}

// Headers returns the headers that name the span.
func (r recorder) Headers() (parent, state string) { return headers(r.span) }

// Link names another span, unless it belongs to the same trace.
func (r recorder) Link(other span.Recorder) {
	o, ok := other.(recorder)
	if ok && o.span.SpanContext().TraceID() != r.span.SpanContext().TraceID() {
		r.span.AddLink(trace.Link{SpanContext: o.span.SpanContext()})
	}
}

// End ends the span.
func (r recorder) End() { r.span.End() }

func headers(s trace.Span) (parent, state string) {
	carrier := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(trace.ContextWithSpan(context.Background(), s), carrier)
	return carrier["traceparent"], carrier["tracestate"]
}

// unsampled is a span that is not exported. Its children are not either, so that they
// need no span of their own; what they cause names this one.
type unsampled struct{ parent, state string }

// Begin returns the span itself.
func (u unsampled) Begin(span.Kind, string) span.Recorder { return u }

// Text does nothing.
func (unsampled) Text(span.Key, string) {}

// Number does nothing.
func (unsampled) Number(span.Key, int64) {}

// Fail does nothing.
func (unsampled) Fail(string) {}

// Headers returns the headers that name the span.
func (u unsampled) Headers() (parent, state string) { return u.parent, u.state }

// Link does nothing.
func (unsampled) Link(span.Recorder) {}

// End does nothing.
func (unsampled) End() {}

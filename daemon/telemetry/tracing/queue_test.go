package tracing

import (
	"testing"

	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
)

// TestASpanAfterTheEndOfAQueueIsCounted ends a span in a queue that a reload has closed
// between looking the queue up and adding the span.
func TestASpanAfterTheEndOfAQueueIsCounted(t *testing.T) {
	q := &queue{counter: &counter{what: "traces"}, size: 2, batches: sdk.NewBatchSpanProcessor(tracetest.NewNoopExporter())}
	q.close(t.Context())
	for range 5 {
		q.add(tracetest.SpanStub{}.Snapshot())
	}
	if got := q.counter.stats(); got.Dropped != 5 || got.Failed != 0 || q.pending.Load() != 0 {
		t.Errorf("%+v", got)
	}
}

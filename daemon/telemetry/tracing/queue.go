package tracing

import (
	"context"
	"sync"
	"sync/atomic"

	"go.opentelemetry.io/otel/sdk/trace"
)

// queue passes ended spans to the SDK's processor, which exports them in batches, and
// counts those that do not fit. The SDK would drop them without telling how many.
type queue struct {
	counter *counter
	size    int64
	batches trace.SpanProcessor
	pending atomic.Int64 // in the processor's queue or its next batch

	mu     sync.Mutex // held when closed is set, and while a batch is counted
	closed atomic.Bool
}

// add adds a span, or drops it.
func (q *queue) add(s trace.ReadOnlySpan) {
	if q.pending.Add(1) > q.size {
		q.pending.Add(-1)
		q.counter.dropped.Add(1)
		return
	}
	q.batches.OnEnd(s)
	if q.closed.Load() { // a reload, between looking the queue up and now
		q.counter.dropped.Add(q.pending.Swap(0))
	}
}

// close exports what is queued until ctx ends, and counts the rest as dropped.
func (q *queue) close(ctx context.Context) {
	_ = q.batches.Shutdown(ctx) // what it could not export is counted
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed.Store(true)
	q.counter.dropped.Add(q.pending.Swap(0))
}

// take removes a batch from the queue. It reports false if close has counted the batch.
func (q *queue) take(spans int) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed.Load() {
		return false
	}
	q.pending.Add(-int64(spans))
	return true
}

// front is the span processor of every provider. A span that was begun before a reload
// is exported as it is configured since.
type front struct{ exporter *Exporter }

// OnStart does nothing.
func (front) OnStart(context.Context, trace.ReadWriteSpan) {}

// OnEnd queues a span.
func (f front) OnEnd(s trace.ReadOnlySpan) {
	if !s.SpanContext().IsSampled() {
		return
	}
	if p := f.exporter.now.Load(); p != nil && p.spans != nil {
		p.spans.add(s)
		return
	}
	f.exporter.traces.dropped.Add(1)
}

// Shutdown does nothing; see pipeline.close.
func (front) Shutdown(context.Context) error { return nil }

// ForceFlush does nothing.
func (front) ForceFlush(context.Context) error { return nil }

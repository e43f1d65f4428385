package span_test

import (
	"context"
	"testing"

	"vega/plugins/span"
)

type layer struct{}

// deep returns a context as deep as that of a host call.
func deep(b context.Context) context.Context {
	for range 8 {
		b = context.WithValue(b, layer{}, 0)
	}
	return b
}

// spend does what an HTTP check does with spans: those of the run, the call, the lookup,
// the connection and the handshake.
func spend(ctx context.Context) {
	parent := span.In(ctx)
	run := parent.Begin(span.Run, "run core.http")
	if run.Recorded() {
		panic("recorded")
	}
	ctx = span.With(ctx, run)
	call := span.In(ctx).Begin(span.HTTP, "GET")
	call.Text(span.Method, "GET")
	for _, kind := range []span.Kind{span.Lookup, span.Connect, span.Handshake} {
		part := call.Begin(kind, "part")
		part.Text(span.Host, "example.com")
		part.Number(span.Port, 443)
		part.End()
	}
	if parent, _ := call.Headers(); parent != "" {
		panic("named")
	}
	call.Number(span.StatusCode, 200)
	call.End()
	parent.Link(run)
	run.Fail("")
	run.End()
}

// TestUnrecordedSpansAllocateNothing checks what a run costs while nothing is exported.
func TestUnrecordedSpansAllocateNothing(t *testing.T) {
	ctx := deep(t.Context())
	if n := testing.AllocsPerRun(1000, func() { spend(ctx) }); n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
}

// BenchmarkUnrecorded measures the spans of an HTTP check while nothing is exported.
func BenchmarkUnrecorded(b *testing.B) {
	ctx := deep(b.Context())
	b.ReportAllocs()
	for b.Loop() {
		spend(ctx)
	}
}

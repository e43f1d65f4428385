package engine

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"vega/daemon/telemetry"
	"vega/plugins/span"
	"vega/policies/check"
)

// flight is a run in progress, shared by all callers that ask during the run.
type flight struct {
	bound  *Binding
	done   chan struct{}
	report *Report // valid once done is closed; not changed afterwards
	span   span.Span
	extra  bool // it counts among the extra runs; see Soon
	// recorded is set before the run is passed to the sinks. The flight is completed
	// shortly after.
	recorded atomic.Bool
}

// join returns the run of i in progress, or starts one. The run belongs to the
// engine and outlives its caller, but carries the caller's correlation ID and trace.
// The caller holds e.mu for reading and has checked that e is not draining.
// due is zero for a run that is not scheduled.
func (e *Engine) join(ctx context.Context, i *integration, due time.Time) *flight {
	i.mu.Lock()
	defer i.mu.Unlock()
	before := i.flight
	if before != nil && before.bound == i.bound {
		return before
	}
	return e.begin(ctx, i, due, false)
}

// begin starts a run of i after the one in progress, if there is one. The caller holds
// e.mu for reading and i.mu.
func (e *Engine) begin(ctx context.Context, i *integration, due time.Time, extra bool) *flight {
	before := i.flight
	r := &run{engine: e, integration: i, due: due, flight: flight{bound: i.bound, done: make(chan struct{}), extra: extra}}
	f := &r.flight
	i.flight = f
	if f.bound.Heartbeat != nil { // no module runs
		e.flights.Add(1)
		go beats{e}.look(f, i)
		return f
	}
	f.bound.Module.Retain()
	f.bound.Databases.Retain()
	r.ctx = span.With(telemetry.Carry(e.options.Life, ctx), span.In(ctx))
	e.flights.Add(1)
	go func() {
		if before != nil { // that run must end first
			<-before.done
		}
		r.enter()
	}()
	return f
}

// release releases the module and databases of a run, which closes those that
// nothing else retains.
func (e *Engine) release(b *Binding) {
	if err := errors.Join(b.Module.Release(), b.Databases.Release()); err != nil {
		e.options.Log.Warn("a module or database did not close", "integration", b.Name, "err", err)
	}
}

// complete ends the flight and wakes all callers. It keeps r as the last report, or
// as the stored one if the integration has been bound again since.
func (f *flight) complete(i *integration, r *Report) {
	i.mu.Lock()
	defer i.mu.Unlock()
	f.report = r
	switch {
	case i.bound == f.bound:
		i.last, i.stored = r, nil
	case i.last == nil && r.CheckedAt != nil && r.Probe == i.bound.probe():
		i.keep(*r)
	}
	if i.flight == f {
		i.flight = nil
	}
	close(f.done)
}

// wait waits for the run and returns its report. If ctx ends first, it returns a
// report of status unknown, and the run continues.
func (f *flight) wait(ctx context.Context, patience time.Duration) *Report {
	select {
	case <-f.done:
		span.In(ctx).Link(f.span)
		return f.report
	case <-ctx.Done():
	}
	select {
	case <-f.done: // both were ready
		span.In(ctx).Link(f.span)
		return f.report
	default:
		return f.bound.unknown(fmt.Sprintf("no result within %s, the time limit of this request; the run continues, up to its timeout of %s", check.Span(patience), check.Span(f.bound.Timeout)))
	}
}

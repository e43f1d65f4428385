package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"vega/daemon/telemetry"
)

// flight is a run in progress, shared by everyone who asks while it lasts.
type flight struct {
	bound  *Binding
	done   chan struct{}
	report Report // once done is closed
}

// join returns the run of i in progress, or starts one. A caller may leave before
// it ends: the run belongs to the engine, and only carries the correlation ID and
// trace of the caller. The caller holds e.mu for reading and has seen that e is not
// draining.
func (e *Engine) join(ctx context.Context, i *integration) *flight {
	i.mu.Lock()
	defer i.mu.Unlock()
	before := i.flight
	if before != nil && before.bound == i.bound {
		return before
	}
	f := &flight{bound: i.bound, done: make(chan struct{})}
	i.flight = f
	f.bound.Module.Retain()
	f.bound.Databases.Retain()
	ctx = telemetry.Carry(e.options.Life, ctx)
	e.flights.Go(func() {
		defer e.release(f.bound)
		if before != nil { // a run of the old configuration: never two at once
			<-before.done
		}
		f.complete(i, e.runOnce(ctx, i, f.bound))
	})
	return f
}

// release gives back what a run held. The last run of a module or database that is
// no longer in force closes it.
func (e *Engine) release(b *Binding) {
	if err := errors.Join(b.Module.Release(), b.Databases.Release()); err != nil {
		e.options.Log.Warn("a module or database did not close", "integration", b.Name, "err", err)
	}
}

// complete keeps the report, unless the integration has changed meanwhile, and
// wakes everybody who waits for it.
func (f *flight) complete(i *integration, r Report) {
	i.mu.Lock()
	defer i.mu.Unlock()
	f.report = r
	if i.bound == f.bound {
		i.last = &r
	}
	if i.flight == f {
		i.flight = nil
	}
	close(f.done)
}

// wait returns the report once the run is over. When ctx ends before, it returns
// a report that the run goes on.
func (f *flight) wait(ctx context.Context, patience time.Duration) Report {
	select {
	case <-f.done:
		return f.report
	case <-ctx.Done():
	}
	select {
	case <-f.done: // both at once
		return f.report
	default:
		return f.bound.unknown(fmt.Sprintf("no result within the %v that this request waits; the run goes on, up to its timeout of %v", patience, f.bound.Timeout))
	}
}

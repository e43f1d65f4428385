package daemon

import (
	"context"
	"errors"
	"fmt"
	"time"

	"vega/daemon/telemetry"
)

// flight is a run in progress, shared by everyone who asks while it lasts.
type flight struct {
	bound  *binding
	done   chan struct{}
	report Report // once done is closed
}

// join returns the run of i in progress, or starts one. Whoever joins may
// leave again: the run belongs to the daemon, not to its caller, and only
// carries the caller's correlation ID and trace. The caller holds d.mu for
// reading and has seen that d is not draining.
func (d *Daemon) join(ctx context.Context, i *integration) *flight {
	i.mu.Lock()
	defer i.mu.Unlock()
	before := i.flight
	if before != nil && before.bound == i.bound {
		return before
	}
	f := &flight{bound: i.bound, done: make(chan struct{})}
	i.flight = f
	f.bound.module.retain()
	f.bound.databases.Retain()
	ctx = telemetry.Carry(d.life, ctx)
	d.running.Go(func() {
		defer d.letGo(f.bound)
		if before != nil { // a run of the old configuration: never two at once
			<-before.done
		}
		f.land(i, d.runOnce(ctx, i, f.bound))
	})
	return f
}

// letGo gives back what a run held: the last run of a module or database that
// is no longer in force closes it.
func (d *Daemon) letGo(b *binding) {
	if err := errors.Join(b.module.release(), b.databases.Release()); err != nil {
		d.log.Warn("a module or database did not close", "integration", b.Name, "err", err)
	}
}

// land keeps the report, unless the integration has changed meanwhile, and
// wakes everyone who waits for it.
func (f *flight) land(i *integration, r Report) {
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

// latest returns the last report if it is no older than maxAge.
func (i *integration) latest(maxAge time.Duration) (Report, bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.last == nil || time.Since(*i.last.CheckedAt) > maxAge {
		return Report{}, false
	}
	return *i.last, true
}

// known returns the binding and the last report, nil if there was no run.
func (i *integration) known() (*binding, *Report) {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.bound, i.last
}

// wait returns the report once the run is over, or says that it goes on when
// the caller has no more time.
func (f *flight) wait(ctx context.Context, patience time.Duration) Report {
	select {
	case <-f.done:
		return f.report
	case <-ctx.Done():
	}
	select {
	case <-f.done: // both at once: the report is worth more
		return f.report
	default:
		return f.bound.unknown(fmt.Sprintf("no result within the %v that this request waits; the run goes on, up to its timeout of %v", patience, f.bound.Timeout))
	}
}

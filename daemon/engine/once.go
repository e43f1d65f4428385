package engine

import (
	"context"
	"fmt"

	"vega/daemon/telemetry"
	"vega/plugins/span"
	"vega/policies/check"
)

// MaxOnce limits how many runs of Once are in progress or wait for a place.
const MaxOnce = 20

// ErrBusy is returned by Once while MaxOnce runs are in progress.
var ErrBusy = fmt.Errorf("%d checks for GET /probe are already in progress, the maximum; try again, or let fewer targets be scraped at the same time", MaxOnce)

// Once runs a binding that is not one of the integrations: its run goes to no sink, so
// that it is neither stored nor opens an incident. It takes a place like any other run,
// and reports the certificate of its target, too. The run is canceled when ctx ends.
//
// The binding has a module. The caller has retained it and the databases, and Once
// releases them. The error is ErrBusy, ErrClosing, or that of ctx.
func (e *Engine) Once(ctx context.Context, b *Binding) (check.Run, error) {
	defer e.release(b)
	if err := e.enterOnce(); err != nil {
		return check.Run{}, err
	}
	defer e.flights.Done()
	defer e.once.Add(-1)
	life, cancel := context.WithCancel(span.With(telemetry.Carry(e.options.Life, ctx), span.In(ctx)))
	defer cancel()
	r := &run{engine: e, integration: &integration{name: b.Name, lane: untried}, flight: flight{bound: b}, ctx: life, certificate: true}
	ended := make(chan check.Run, 1)
	r.begin(func(refused error) { ended <- r.outcome(refused) })
	defer context.AfterFunc(ctx, func() {
		cancel()
		e.places.abandon(r.place)
	})()
	r.take()
	if ctx.Err() != nil { // it may have ended before the run waited
		e.places.abandon(r.place)
	}
	out := <-ended
	endSpan(r.flight.span, &out)
	return out, ctx.Err()
}

// enterOnce counts a run of Once, which must then undo that.
func (e *Engine) enterOnce() error {
	e.mu.RLock()
	defer e.mu.RUnlock()
	if e.draining {
		return ErrClosing
	}
	if e.once.Add(1) > MaxOnce {
		e.once.Add(-1)
		return ErrBusy
	}
	e.flights.Add(1)
	return nil
}

package engine

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"runtime/debug"
	"time"

	"vega/daemon/telemetry"
	"vega/plugins"
	"vega/plugins/span"
	"vega/policies"
	"vega/policies/check"
)

// run is one run of an integration, which may be waiting for a place.
type run struct {
	engine      *Engine
	integration *integration
	flight      flight // shared; together they are one allocation
	ctx         context.Context
	place       *waiter
	due         time.Time               // zero: the run was asked for
	after       time.Duration           // how long after it was due the run got its place
	contention  func() check.Contention // ends the measurement
	certificate bool                    // describe the target's certificate
}

// enter begins the run, which starts now or when it gets a place.
func (r *run) enter() {
	r.begin(r.start)
	r.take()
}

// begin prepares the run, which ends with start; see waiter.
func (r *run) begin(start func(refused error)) {
	began := time.Now()
	r.trace()
	r.contention = r.engine.options.Contention()
	r.place = r.integration.waiter(began, r.flight.bound.Timeout)
	r.place.start = start
}

// take starts the run now or when it gets a place.
func (r *run) take() {
	if r.engine.places.enter(r.place) {
		r.place.start(nil)
	}
}

// trace begins the span of the run, which becomes the parent of what the run does. It
// does nothing if spans are not recorded.
func (r *run) trace() {
	b, parent := r.flight.bound, span.In(r.ctx)
	switch tracer := r.engine.options.Tracer; {
	case parent.Recorded():
		r.flight.span = parent.Begin(span.Run, "run "+b.probe())
	case tracer != nil && tracer.Tracing():
		of := telemetry.TraceIn(r.ctx)
		r.flight.span = tracer.Root(of.Parent, of.State, span.Run, "run "+b.probe())
	}
	s := r.flight.span
	if !s.Recorded() {
		return
	}
	s.Text(span.Integration, b.Name)
	s.Text(span.Probe, b.probe())
	s.Text(span.Correlation, telemetry.ID(r.ctx))
	head, state := s.Headers()
	r.ctx = telemetry.WithTrace(span.With(r.ctx, s), telemetry.Trace{Parent: head, State: state})
}

// endSpan ends the span of a run with its outcome.
func endSpan(s span.Span, r *check.Run) {
	if !s.Recorded() {
		return
	}
	s.Text(span.Status, string(r.Status))
	s.Text(span.Cause, string(r.Cause))
	if r.Status == check.Unhealthy || r.Status == check.Unknown {
		s.Fail(cmp.Or(string(r.Cause), string(r.Status)))
	}
	s.End()
}

// start runs the integration, or reports why it can't, and completes the flight.
func (r *run) start(refused error) {
	defer r.engine.flights.Done()
	defer r.engine.release(r.flight.bound)
	defer r.engine.endExtra(&r.flight)
	r.flight.complete(r.integration, r.once(refused))
}

// once runs an integration once and records the result.
func (run *run) once(refused error) *Report {
	result := run.execute(refused)
	return run.conclude(&result)
}

// outcome runs an integration once.
func (run *run) outcome(refused error) check.Run {
	result := run.execute(refused)
	return run.judge(&result)
}

// conclude records the result. Its frame is large, and separate from that of the probe, for
// which the stack of the run's goroutine would otherwise grow once more.
//
//go:noinline
func (run *run) conclude(result *plugins.Result) *Report {
	e, r := run.engine, run.judge(result)
	if _, before := run.integration.current(); before != nil {
		r.Previous = before.Status
	}
	report := reportOf(&r)
	r.RootCause = e.rootCause(&report)
	endSpan(run.flight.span, &r)
	run.flight.recorded.Store(true)
	e.sinks.record(run.ctx, r)
	return &report
}

// judge returns the run with this result, and ends the measurement of contention.
//
//go:noinline
func (run *run) judge(result *plugins.Result) check.Run {
	b, began := run.flight.bound, run.place.began
	contention := run.contention()
	r := check.Run{
		Integration:   b.Name,
		Probe:         b.probe(),
		Digest:        b.Digest,
		Cause:         result.Cause,
		Message:       result.Message,
		Details:       result.Details,
		Metrics:       finite(result.Metrics),
		Denied:        result.Denied,
		Began:         began,
		Took:          result.Took,
		CorrelationID: telemetry.ID(run.ctx),
		Contention:    &contention,
		Late:          run.late(),
		Exchange:      result.Exchange,
	}
	reclassifyStarved(&r, time.Since(began), b.Timeout)
	r.Status = policies.Judge(result.Status, r.Cause)
	return r
}

// late returns how long after it was due the run got its place, or nil if it was asked for
// or got none.
func (run *run) late() *time.Duration {
	if run.due.IsZero() || run.place.admitted.IsZero() {
		return nil
	}
	run.after = max(0, run.place.admitted.Sub(run.due))
	return &run.after
}

// execute waits for a slot and runs the probe, unless it got no place. The wait counts
// against the integration's timeout. If the wait leaves no time, or too little for the
// target to respond, the cause is Host.
func (run *run) execute(refused error) (r plugins.Result) {
	e, ctx, b, place := run.engine, run.ctx, run.flight.bound, run.place
	defer func() {
		if p := recover(); p != nil {
			e.options.Log.ErrorContext(ctx, "internal error in a run; please report it", "integration", b.Name, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			r = hostFailure("internal error; search the log for this correlation ID")
		}
	}()
	slot, err := e.admit(ctx, place, refused)
	if err != nil {
		return hostFailure(err.Error())
	}
	defer slot.release()
	defer run.integration.ended(place)
	r = b.Module.Run(context.WithValue(ctx, bindingKey{}, b), plugins.Input{
		Integration: b.Name,
		Probe:       b.Probe,
		Values:      b.Values,
		Grants:      b.Grants,
		Transport:   b.Transport,
		Timeout:     b.Timeout - slot.waited.Round(time.Millisecond),
		Memory:      b.Memory,
		Trace:       plugins.Trace(telemetry.TraceIn(ctx)),
		Span:        span.In(ctx),
		Sockets:     slot.sockets,
		Certificate: run.certificate,
	})
	if policies.Reclassify(r.Cause, time.Since(place.began), slot.waited, b.Timeout) != r.Cause {
		r.Status, r.Cause = check.Unknown, check.Host
		r.Message = fmt.Sprintf("this check waited %v of its %s for other checks, so its result says nothing about the target: %s (%s)",
			slot.waited.Round(time.Millisecond), check.Span(b.Timeout), e.Concurrency(), r.Message)
	}
	return r
}

func hostFailure(message string) plugins.Result {
	return plugins.Result{Status: check.Unknown, Cause: check.Host, Message: message}
}

// finite returns the metrics whose values JSON can represent.
func finite(in []check.Metric) []check.Metric {
	out := make([]check.Metric, 0, len(in))
	for _, m := range in {
		if !math.IsNaN(m.Value) && !math.IsInf(m.Value, 0) {
			out = append(out, m)
		}
	}
	return out
}

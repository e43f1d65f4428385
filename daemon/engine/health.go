package engine

import (
	"context"
	"time"

	"vega/daemon/telemetry"
	"vega/policies/check"
)

// LongestWait is how long Health waits for a run when the caller sets no timeout.
// It is longer than the longest run, so that only a fault of vega's own can reach
// it.
const LongestWait = 35 * time.Second

// Query selects what Health returns.
type Query struct {
	MaxAge  time.Duration // accept a report of at most this age; 0: run each again
	Timeout time.Duration // bounds the wait, not the run; 0: LongestWait
	Names   []string      // only these; none: all
	// Progress, if it is not nil, is called with each report, in order of name.
	Progress func(done, total int, r Report)
}

// Health runs integrations in parallel and reports how they are. It waits for a
// run that is in flight already, and does not start another. When ctx or the wait
// ends before a run does, the run goes on, and its integration is unknown in the
// answer. The error is an *UnknownError.
func (e *Engine) Health(ctx context.Context, q Query) (Health, error) {
	began := time.Now()
	if telemetry.ID(ctx) == "" {
		ctx = telemetry.WithID(ctx, telemetry.NewID())
	}
	expected, s, err := e.start(ctx, q)
	if err != nil {
		return Health{}, err
	}
	h := Health{CorrelationID: telemetry.ID(ctx), CheckedAt: began.UTC()}
	h.Integrations = gather(ctx, expected, q)
	s.nameRoots(h.Integrations)
	h.count()
	h.DurationMS = check.Milliseconds(time.Since(began))
	return h, nil
}

// pending is a report, or the run that will produce it.
type pending struct {
	report Report
	flight *flight
}

// start joins a run of each integration that q selects, all in one roster, which it
// also returns.
func (e *Engine) start(ctx context.Context, q Query) ([]pending, *roster, error) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	chosen, err := e.now.choose(q.Names)
	if err != nil {
		return nil, nil, err
	}
	expected := make([]pending, len(chosen))
	for n, i := range chosen {
		expected[n] = e.ask(ctx, i, q.MaxAge)
	}
	return expected, e.now, nil
}

func (e *Engine) ask(ctx context.Context, i *integration, maxAge time.Duration) pending {
	b, _ := i.known()
	if r, ok := b.staticReport(); ok {
		return pending{report: r}
	}
	if r, ok := i.latest(maxAge); ok && maxAge > 0 {
		return pending{report: r}
	}
	if e.draining {
		return pending{report: b.unknown("vega is shutting down")}
	}
	return pending{flight: e.join(ctx, i)}
}

// gather waits for the reports and returns them in order of name.
func gather(ctx context.Context, expected []pending, q Query) []Report {
	if q.Timeout == 0 {
		q.Timeout = LongestWait
	}
	ctx, cancel := context.WithTimeout(ctx, q.Timeout)
	defer cancel()
	reports := make([]Report, len(expected))
	for n, a := range expected {
		r := a.report
		if a.flight != nil {
			r = a.flight.wait(ctx, q.Timeout)
		}
		reports[n] = r.Aged()
		if q.Progress != nil {
			q.Progress(n+1, len(expected), reports[n])
		}
	}
	return reports
}

// Integration reports on one integration without running it: its last run, and what
// it is bound to and may reach. The error is an *UnknownError.
func (e *Engine) Integration(name string) (Integration, error) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	i := e.now.find(name)
	if i == nil {
		return Integration{}, e.now.unknown(name)
	}
	b, last := i.known()
	r, ok := b.staticReport()
	i.mu.Lock()
	position := i.position
	i.mu.Unlock()
	switch {
	case ok:
	case last != nil:
		r = *last
	default:
		r = b.unknown("it has not run yet")
	}
	one := []Report{r.Aged()}
	e.now.nameRoots(one)
	out := b.describe(one[0], position)
	out.DependsOn = e.now.dependsOn(name)
	return out, nil
}

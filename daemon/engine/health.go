package engine

import (
	"context"
	"slices"
	"time"

	"vega/daemon/telemetry"
	"vega/plugins/manifest"
	"vega/policies/check"
)

const (
	// MaxTimeout is the longest timeout of an integration.
	MaxTimeout = manifest.MaxTimeout
	// patience is how much longer than its timeout a run may take. Only a bug exceeds
	// it.
	patience = 5 * time.Second
	// LongestWait limits how long Health waits.
	LongestWait = MaxTimeout + patience
)

// Query selects what Health returns.
type Query struct {
	MaxAge  time.Duration // maximum age of a report; 0: run again
	Timeout time.Duration // limits the wait, not the run; 0: as long as the runs may take
	Names   []string      // only these, or the instances that they have; empty: all
	// Stream leaves Integrations empty: only WriteJSON has the reports, one by one.
	Stream bool
	// Progress, if not nil, is called with each report, sorted by name.
	Progress func(done, total int, r Report)
}

// Health runs integrations in parallel and reports on them. It joins runs that are
// already in flight. If ctx ends or the timeout passes before a run ends, the run
// continues, and its integration is reported with the status unknown. The error is
// an *UnknownError.
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
	listed := newListing(s, waitAll(ctx, expected, q))
	h.Status, h.Summary = tally(listed.reports)
	if q.Stream {
		h.listed = listed
	} else {
		h.Integrations = slices.AppendSeq(make([]Report, 0, len(expected)), listed.all())
	}
	h.DurationMS = check.Milliseconds(time.Since(began))
	return h, nil
}

// pending is a report, or the run that will produce it.
type pending struct {
	report *Report
	flight *flight
}

// start starts or joins a run of each integration that q selects. It also returns
// the roster that holds the integrations.
func (e *Engine) start(ctx context.Context, q Query) ([]pending, *roster, error) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	chosen, err := e.now.choose(q.Names)
	if err != nil {
		return nil, nil, err
	}
	expected := make([]pending, len(chosen))
	for n, i := range chosen {
		expected[n] = e.reportOrJoin(ctx, i, q.MaxAge)
	}
	return expected, e.now, nil
}

// reportOrJoin returns a report that already answers the query, or a run that
// will. The caller holds e.mu for reading.
func (e *Engine) reportOrJoin(ctx context.Context, i *integration, maxAge time.Duration) pending {
	b, _ := i.current()
	if r, ok := b.staticReport(); ok {
		return pending{report: r}
	}
	if b.Heartbeat != nil { // the job decides when it reports
		r, _, _ := i.known()
		return pending{report: r}
	}
	if r, ok := i.latest(maxAge); ok && maxAge > 0 {
		return pending{report: r}
	}
	if e.draining {
		return pending{report: b.unknown("vega is shutting down")}
	}
	return pending{flight: e.join(ctx, i, time.Time{})}
}

// longest returns how long the runs may take, until only a bug can be the reason.
func longest(expected []pending) (wait time.Duration) {
	for _, a := range expected {
		if a.flight != nil {
			wait = max(wait, a.flight.bound.Timeout+patience)
		}
	}
	return wait
}

// waitAll waits for the runs and returns the reports, sorted by name.
func waitAll(ctx context.Context, expected []pending, q Query) []*Report {
	if q.Timeout == 0 {
		q.Timeout = longest(expected)
	}
	ctx, cancel := context.WithTimeout(ctx, q.Timeout)
	defer cancel()
	reports := make([]*Report, len(expected))
	for n, a := range expected {
		r := a.report
		if a.flight != nil {
			r = a.flight.wait(ctx, q.Timeout)
		}
		reports[n] = r
		if q.Progress != nil {
			q.Progress(n+1, len(expected), r.Aged())
		}
	}
	return reports
}

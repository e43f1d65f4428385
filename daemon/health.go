package daemon

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"vega/daemon/telemetry"
	"vega/policies/check"
)

// LongestWait is how long Health waits for a run when the caller sets no
// timeout: past the longest run there is, so that only a fault of vega itself
// can outlast it.
const LongestWait = 35 * time.Second

// Query says what Health is to answer.
type Query struct {
	MaxAge  time.Duration // runs no older will do; 0: a new run of each
	Timeout time.Duration // bounds the wait, not the run; 0: LongestWait
	Names   []string      // these only; none: all
	// Progress is called with each report as it comes in, in order of name;
	// nil: nobody watches.
	Progress func(done, total int, r Report)
}

// UnknownError is a name that no integration has.
type UnknownError struct {
	Name  string
	Known []string
}

// Error says which names there are.
func (e *UnknownError) Error() string {
	if len(e.Known) == 0 {
		return fmt.Sprintf("there is no integration %q; the configuration has none", e.Name)
	}
	return fmt.Sprintf("there is no integration %q; there are: %s", e.Name, strings.Join(first20(e.Known), ", "))
}

// first20 are names for a line that a person reads.
func first20(names []string) []string {
	if len(names) > 20 {
		return append(slices.Clone(names[:20]), "…")
	}
	return names
}

// Health runs integrations in parallel and answers how they are. One that is
// in progress already is waited for, not run again. When the caller leaves or
// the wait is over, runs go on and their integrations are unknown in the
// answer.
func (d *Daemon) Health(ctx context.Context, q Query) (Health, error) {
	began := time.Now()
	if telemetry.ID(ctx) == "" {
		ctx = telemetry.WithID(ctx, telemetry.NewID())
	}
	expected, s, err := d.start(ctx, q)
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

// pending is a report, or the run that will give it.
type pending struct {
	report Report
	flight *flight
}

// start joins a run of each integration asked for, all in one configuration,
// which it returns too.
func (d *Daemon) start(ctx context.Context, q Query) ([]pending, *state, error) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	chosen, err := d.now.choose(q.Names)
	if err != nil {
		return nil, nil, err
	}
	expected := make([]pending, len(chosen))
	for n, i := range chosen {
		expected[n] = d.ask(ctx, i, q.MaxAge)
	}
	return expected, d.now, nil
}

func (d *Daemon) ask(ctx context.Context, i *integration, maxAge time.Duration) pending {
	b, _ := i.known()
	if r, ok := b.standing(); ok {
		return pending{report: r}
	}
	if r, ok := i.latest(maxAge); ok && maxAge > 0 {
		return pending{report: r}
	}
	if d.draining {
		return pending{report: b.unknown("vega is shutting down")}
	}
	return pending{flight: d.join(ctx, i)}
}

// gather waits for the reports, in order of name.
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
		reports[n] = r.aged()
		if q.Progress != nil {
			q.Progress(n+1, len(expected), reports[n])
		}
	}
	return reports
}

// choose finds integrations by name, each once, in order of name; no names
// mean all.
func (s *state) choose(names []string) ([]*integration, error) {
	if len(names) == 0 {
		return s.integrations, nil
	}
	names = slices.Compact(slices.Sorted(slices.Values(names)))
	chosen := make([]*integration, len(names))
	for n, name := range names {
		if chosen[n] = s.find(name); chosen[n] == nil {
			return nil, s.unknown(name)
		}
	}
	return chosen, nil
}

func (s *state) unknown(name string) error {
	e := &UnknownError{Name: name}
	for _, i := range s.integrations {
		e.Known = append(e.Known, i.name)
	}
	return e
}

// Integration tells of one integration: its last run, without running it, and
// what it is bound to and may reach.
func (d *Daemon) Integration(name string) (Integration, error) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	i := d.now.find(name)
	if i == nil {
		return Integration{}, d.now.unknown(name)
	}
	b, last := i.known()
	r, ok := b.standing()
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
	one := []Report{r.aged()}
	d.now.nameRoots(one)
	out := b.describe(one[0], position)
	out.DependsOn = d.now.dependsOn(name)
	return out, nil
}

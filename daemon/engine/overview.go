package engine

import (
	"slices"
	"time"

	"vega/policies/check"
)

// Overview is the last known state of integrations. Its status and summary count
// every selected integration, whatever its status.
type Overview struct {
	Status       check.Status `json:"status"`
	At           time.Time    `json:"at"`
	Summary      Summary      `json:"summary"`
	Stored       int          `json:"stored"` // integrations whose state is that of an earlier run
	Integrations []State      `json:"integrations"`

	listed *listing // with states, instead of Integrations; nil: none
	states []known
}

// Selection selects what Overview returns.
type Selection struct {
	Names    []string       // only these, or the instances that they have; empty: all
	Statuses []check.Status // list only integrations with one of these; empty: all
	// Stream leaves Integrations empty: only WriteJSON has the states, one by one.
	Stream bool
}

// known is the last known report of an integration, in a listing.
type known struct {
	integration *integration
	bound       *Binding
	n           int  // index in the listing
	lasting     bool // the report is the same until the next run
}

// Overview returns the last known state of integrations, sorted by name. It runs
// nothing. The error is an *UnknownError.
func (e *Engine) Overview(q Selection) (Overview, error) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	chosen, err := e.now.choose(q.Names)
	if err != nil {
		return Overview{}, err
	}
	out := Overview{At: time.Now().UTC().Truncate(time.Millisecond)}
	reports, states := make([]*Report, len(chosen)), make([]known, 0, len(chosen))
	for n, i := range chosen {
		k := known{integration: i, n: n}
		reports[n], k.bound, k.lasting = i.known()
		if reports[n].Stored {
			out.Stored++
		}
		if len(q.Statuses) == 0 || slices.Contains(q.Statuses, reports[n].Status) {
			states = append(states, k)
		}
	}
	out.Status, out.Summary = tally(reports)
	listed := newListing(e.now, reports)
	if q.Stream {
		out.listed, out.states = listed, states
		return out, nil
	}
	out.Integrations = make([]State, len(states))
	for n, k := range states {
		out.Integrations[n] = listed.state(k)
	}
	return out, nil
}

// Each calls f with the last known report of each integration and the time between its
// runs, which is 0 if it runs only on request, in order of name. f must not change the
// report.
func (e *Engine) Each(f func(r *Report, interval time.Duration)) {
	e.mu.RLock()
	now := e.now
	e.mu.RUnlock()
	for _, i := range now.integrations {
		r, b, _ := i.known()
		f(r, b.every())
	}
}

// Integration reports the last known state, the binding, the grants and the dependents of
// one integration, without running it. The error is an *UnknownError.
func (e *Engine) Integration(name string) (Integration, error) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	i := e.now.find(name)
	if i == nil {
		return Integration{}, e.now.unknown(name)
	}
	r, b, _ := i.known()
	s := newListing(e.now, []*Report{r}).state(known{integration: i, bound: b})
	i.mu.Lock()
	defer i.mu.Unlock()
	return Integration{State: s, DefinedAt: i.position, Grants: Grants(b.Grants), Dependents: e.now.dependents(name)}, nil
}

// state returns the state of an integration, with its report from the listing.
func (l *listing) state(k known) State {
	report := l.at(k.n)
	return State{
		Report:     report,
		IntervalMS: check.Milliseconds(k.bound.every()),
		TimeoutMS:  check.Milliseconds(k.bound.Timeout),
		DependsOn:  l.roster.dependsOn(report.Name),
	}
}

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

	encoded []*encoded // of each integration; nil: not known
}

// Selection selects what Overview returns.
type Selection struct {
	Names    []string       // only these, or the instances that they have; empty: all
	Statuses []check.Status // list only integrations with one of these; empty: all
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
	out := Overview{At: time.Now().UTC().Truncate(time.Millisecond), Integrations: make([]State, 0, len(chosen))}
	h := Health{Integrations: make([]Report, len(chosen))}
	bound := make([]*Binding, len(chosen))
	from := make([]*Report, len(chosen))
	for n, i := range chosen {
		h.Integrations[n], bound[n], from[n] = i.known()
		h.Integrations[n] = h.Integrations[n].Aged()
	}
	e.now.nameRoots(h.Integrations)
	e.now.annotate(h.Integrations)
	h.count()
	out.Status, out.Summary = h.Status, h.Summary
	for n, r := range h.Integrations {
		if r.Stored {
			out.Stored++
		}
		if len(q.Statuses) == 0 || slices.Contains(q.Statuses, r.Status) {
			s := e.now.state(r, bound[n])
			out.Integrations = append(out.Integrations, s)
			out.encoded = append(out.encoded, chosen[n].encode(e.now, from[n], &s))
		}
	}
	return out, nil
}

// Integration reports the last known state, the binding and the grants of one
// integration, without running it. The error is an *UnknownError.
func (e *Engine) Integration(name string) (Integration, error) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	i := e.now.find(name)
	if i == nil {
		return Integration{}, e.now.unknown(name)
	}
	r, b, _ := i.known()
	one := []Report{r.Aged()}
	e.now.nameRoots(one)
	e.now.annotate(one)
	i.mu.Lock()
	defer i.mu.Unlock()
	return Integration{State: e.now.state(one[0], b), DefinedAt: i.position, Grants: Grants(b.Grants)}, nil
}

func (r *roster) state(report Report, b *Binding) State {
	return State{
		Report:     report,
		IntervalMS: check.Milliseconds(b.Interval),
		TimeoutMS:  check.Milliseconds(b.Timeout),
		DependsOn:  r.dependsOn(report.Name),
	}
}

package engine

import (
	"slices"
	"strings"

	"vega/policies"
	"vega/policies/check"
)

// dependencies returns the indexes of each integration's dependencies, or nil if no
// integration has any. The bindings must be sorted by name.
func dependencies(all []*Binding) [][]int {
	var out [][]int
	for n, i := range all {
		for _, name := range i.DependsOn {
			on, ok := slices.BinarySearchFunc(all, name, func(b *Binding, name string) int { return strings.Compare(b.Name, name) })
			if !ok { // validation rejects such references
				continue
			}
			if out == nil {
				out = make([][]int, len(all))
			}
			out[n] = append(out[n], on)
		}
	}
	return out
}

// roots returns a function that returns the root causes of the report with an index. For
// a dependency without a report in reports, it uses the last run. A stored report is no
// evidence of the present.
func (r *roster) roots(reports []*Report) func(n int) []string {
	if r.depends == nil {
		return func(int) []string { return nil }
	}
	at, now := make([]int, len(reports)), make(map[int]check.Status, len(reports))
	for i, one := range reports {
		if at[i] = r.number(one.Name); at[i] >= 0 {
			if now[at[i]] = one.Status; one.Stored {
				now[at[i]] = check.Unknown
			}
		}
	}
	roots := policies.NewRoots(
		func(n int) []int { return r.depends[n] },
		func(n int) check.Status {
			if status, ok := now[n]; ok {
				return status
			}
			return r.integrations[n].status()
		},
	)
	return func(i int) []string {
		if at[i] < 0 {
			return nil
		}
		return r.names(roots.Of(at[i]))
	}
}

// status returns the status of the last run, or the static status of an integration
// that can't run.
func (i *integration) status() check.Status {
	b, last := i.current()
	switch r, ok := b.staticReport(); {
	case ok:
		return r.Status
	case last != nil:
		return last.Status
	default:
		return check.Unknown
	}
}

// dependsOn returns the names of an integration's dependencies. The result is not
// nil.
func (r *roster) dependsOn(name string) []string {
	if r.depends == nil {
		return []string{}
	}
	if n := r.number(name); n >= 0 {
		return append([]string{}, r.names(r.depends[n])...)
	}
	return []string{}
}

func (r *roster) names(numbers []int) []string {
	var out []string
	for _, n := range numbers {
		out = append(out, r.integrations[n].name)
	}
	return out
}

// rootCause returns the current root causes of one report.
func (e *Engine) rootCause(r *Report) []string {
	e.mu.RLock()
	defer e.mu.RUnlock()
	return e.now.roots([]*Report{r})(0)
}

// dependents returns the names of the integrations that depend on an integration. The
// result is not nil.
func (r *roster) dependents(name string) []string {
	all, on := []string{}, r.number(name)
	for n, depends := range r.depends {
		if slices.Contains(depends, on) {
			all = append(all, r.integrations[n].name)
		}
	}
	return all
}

package daemon

import (
	"slices"
	"strings"

	"vega/daemon/config"
	"vega/policies"
	"vega/policies/check"
)

// dependencies are what each integration depends on, by number; nil when none
// depends on any. all are in order of name.
func dependencies(all []config.Integration) [][]int {
	var out [][]int
	for n, i := range all {
		for _, name := range i.DependsOn {
			on, ok := slices.BinarySearchFunc(all, name, func(i config.Integration, name string) int { return strings.Compare(i.Name, name) })
			if !ok { // validation lets no such reference pass
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

// nameRoots puts into each report which unhealthy integration, among those that
// it depends on, its own trouble comes from. What has no report among these is
// as it was when it ran last.
func (s *state) nameRoots(reports []Report) {
	if s.depends == nil {
		return
	}
	at, now := make([]int, len(reports)), make(map[int]check.Status, len(reports))
	for i, r := range reports {
		if at[i] = s.number(r.Name); at[i] >= 0 {
			now[at[i]] = r.Status
		}
	}
	roots := policies.NewRoots(
		func(n int) []int { return s.depends[n] },
		func(n int) check.Status {
			if status, ok := now[n]; ok {
				return status
			}
			return s.integrations[n].status()
		},
	)
	for i := range reports {
		if at[i] >= 0 {
			reports[i].RootCause = s.names(roots.Of(at[i]))
		}
	}
}

// status is that of the last run, or what is known without one.
func (i *integration) status() check.Status {
	b, last := i.known()
	switch r, ok := b.standing(); {
	case ok:
		return r.Status
	case last != nil:
		return last.Status
	default:
		return check.Unknown
	}
}

// dependsOn are the names of what an integration depends on; never nil.
func (s *state) dependsOn(name string) []string {
	n := s.number(name)
	if s.depends == nil || n < 0 {
		return []string{}
	}
	return append([]string{}, s.names(s.depends[n])...)
}

func (s *state) names(numbers []int) []string {
	var out []string
	for _, n := range numbers {
		out = append(out, s.integrations[n].name)
	}
	return out
}

// rootCause are the names of the root causes of one report, as of now.
func (d *Daemon) rootCause(r Report) []string {
	d.mu.RLock()
	defer d.mu.RUnlock()
	one := []Report{r}
	d.now.nameRoots(one)
	return one[0].RootCause
}

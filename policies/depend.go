package policies

import (
	"slices"

	"vega/policies/check"
)

// MaxRoots limits how many root causes are named. If there are more, they most
// likely share a cause that is not configured.
const MaxRoots = 8

// Roots finds the unhealthy dependencies that explain why an integration is not
// healthy. Integrations are identified by index, and root causes are listed in that
// order. Results are cached, so finding the roots of every integration takes one
// pass over the dependencies. Use a new Roots for each set of statuses. It is not
// safe for concurrent use.
type Roots struct {
	depends func(int) []int
	status  func(int) check.Status
	found   map[int][]int
}

// NewRoots returns a Roots for the given dependencies and statuses. The dependencies
// must not contain cycles.
func NewRoots(depends func(int) []int, status func(int) check.Status) *Roots {
	return &Roots{depends, status, map[int][]int{}}
}

// Of returns the unhealthy integrations that n depends on, directly or
// indirectly, and that do not depend on an unhealthy one themselves. It returns
// nil for an integration that is healthy or disabled.
func (r *Roots) Of(n int) []int {
	switch r.status(n) {
	case check.Degraded, check.Unhealthy, check.Unknown:
		return r.below(n)
	default:
		return nil
	}
}

// below returns the roots among the dependencies of n, regardless of n's own
// status.
func (r *Roots) below(n int) []int {
	if found, known := r.found[n]; known {
		return found
	}
	r.found[n] = nil // makes the search terminate even on a cycle
	var roots []int
	for _, on := range r.depends(n) {
		deeper := r.below(on)
		if len(deeper) == 0 && r.status(on) == check.Unhealthy {
			deeper = []int{on}
		}
		roots = append(roots, deeper...)
	}
	slices.Sort(roots)
	roots = slices.Compact(roots)
	r.found[n] = roots[:min(len(roots), MaxRoots)]
	return r.found[n]
}

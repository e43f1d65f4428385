package policies

import (
	"slices"

	"vega/policies/check"
)

// MaxRoots is how many root causes are named. Whoever has more of them has one
// that is not configured.
const MaxRoots = 8

// Roots finds why an integration is not healthy among those that it depends on.
// Integrations go by number, in the order in which roots are to be named. It
// remembers what it has found, so that to ask for all of them takes one pass
// over the dependencies; it is for one answer, and one goroutine.
type Roots struct {
	depends func(int) []int
	status  func(int) check.Status
	found   map[int][]int
}

// NewRoots judges by what each integration depends on, and by the status of
// each. Dependencies form no circle.
func NewRoots(depends func(int) []int, status func(int) check.Status) *Roots {
	return &Roots{depends, status, map[int][]int{}}
}

// Of names the unhealthy integrations that n depends on, by way of any others,
// and that have no unhealthy one to depend on themselves. An integration that
// is healthy or disabled has none.
func (r *Roots) Of(n int) []int {
	switch r.status(n) {
	case check.Degraded, check.Unhealthy, check.Unknown:
		return r.below(n)
	default:
		return nil
	}
}

// below are the roots among what n depends on, whatever n itself is.
func (r *Roots) below(n int) []int {
	if found, known := r.found[n]; known {
		return found
	}
	r.found[n] = nil // so that even a circle would end
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

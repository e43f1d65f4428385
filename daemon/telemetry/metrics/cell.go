package metrics

import (
	"cmp"
	"slices"
	"sync"

	"vega/policies/check"
)

// cell holds the counters of an integration.
type cell struct {
	mu      sync.Mutex
	runs    []count  // in order of status and cause
	kept    []string // the names of metrics that are exported, in the order in which they came
	dropped uint64   // values of other metrics
}

// count is how many runs ended alike.
type count struct {
	status check.Status
	cause  check.Cause
	n      uint64
}

func compareCounts(a, b count) int {
	return cmp.Or(cmp.Compare(a.status, b.status), cmp.Compare(a.cause, b.cause))
}

// record counts a run and those of its metrics that are not exported.
func (c *cell) record(r *check.Run, limit int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	one := count{r.Status, r.Cause, 1}
	if n, found := slices.BinarySearchFunc(c.runs, one, compareCounts); found {
		c.runs[n].n++
	} else {
		c.runs = slices.Insert(c.runs, n, one)
	}
	for i := range r.Metrics {
		if !c.keeps(r.Metrics[i].Name, limit) {
			c.dropped++
		}
	}
}

// keeps reports whether a metric is exported: if it is one of the first ones that came.
// The caller holds c.mu.
func (c *cell) keeps(name string, limit int) bool {
	if n := slices.Index(c.kept, name); n >= 0 {
		return n < limit
	}
	if len(c.kept) >= limit {
		return false
	}
	c.kept = append(c.kept, name)
	return true
}

// forget makes place for metrics with other names.
func (c *cell) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.kept = nil
}

package engine

import (
	"fmt"
	"time"

	"vega/policies"
	"vega/policies/check"
)

// Contention is check.Contention in milliseconds, for JSON.
type Contention struct {
	Late      float64  `json:"late_ms"`
	Pressure  *float64 `json:"cpu_pressure_ms"` // null if unknown
	Throttled *float64 `json:"throttled_ms"`    // null if there is no quota
}

// reclassifyStarved sets the cause of a run to Host if the run was cut off because
// vega lacked CPU time.
func reclassifyStarved(r *check.Run, took, deadline time.Duration) {
	c := *r.Contention
	cause := policies.Reclassify(r.Cause, took, c.Late, deadline)
	if cause == r.Cause {
		return
	}
	r.Cause = cause
	r.Message = fmt.Sprintf("vega had no processor for %v of %s%s, so this run says nothing about the target: %s",
		min(c.Late, deadline).Round(time.Millisecond), check.Span(deadline.Round(time.Millisecond)), throttled(c), r.Message)
}

func throttled(c check.Contention) string {
	if c.Throttled != nil && *c.Throttled > 0 {
		return fmt.Sprintf(" (its container was throttled for %v)", c.Throttled.Round(time.Millisecond))
	}
	return ""
}

// contentionOf converts c to milliseconds. It returns nil for nil.
func contentionOf(c *check.Contention) *Contention {
	if c == nil {
		return nil
	}
	return &Contention{float64(c.Late.Milliseconds()), wholeMS(c.Pressure), wholeMS(c.Throttled)}
}

func wholeMS(d *time.Duration) *float64 {
	if d == nil {
		return nil
	}
	ms := float64(d.Milliseconds())
	return &ms
}

package engine

import (
	"fmt"
	"time"

	"vega/policies"
	"vega/policies/check"
)

// Contention is what vega lacked on its host during a run, in milliseconds. It
// limits how far the outcome can be trusted.
type Contention struct {
	Late      float64  `json:"late_ms"`         // vega was runnable and had no processor
	Pressure  *float64 `json:"cpu_pressure_ms"` // tasks of the container, or else the host, waited for a processor; null if unknown
	Throttled *float64 `json:"throttled_ms"`    // the container's CPU quota held vega back; null if it has none
}

// reclassifyStarved makes the host the cause of a run that a starved host cut off.
func reclassifyStarved(r *check.Run, took, deadline time.Duration) {
	c := *r.Contention
	cause := policies.Reclassify(r.Cause, took, c.Late, deadline)
	if cause == r.Cause {
		return
	}
	r.Cause = cause
	r.Message = fmt.Sprintf("vega had no processor for %v of %v%s, so this run says nothing about the target: %s",
		min(c.Late, deadline).Round(time.Millisecond), deadline.Round(time.Millisecond), throttled(c), r.Message)
}

func throttled(c check.Contention) string {
	if c.Throttled != nil && *c.Throttled > 0 {
		return fmt.Sprintf(" (its container was throttled for %v)", c.Throttled.Round(time.Millisecond))
	}
	return ""
}

// contentionOf returns nil for a run whose contention was not measured.
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

package daemon

import (
	"fmt"
	"time"

	"vega/daemon/diagnostics"
	"vega/policies"
	"vega/store"
)

// Strain is what the host suffered while a run lasted, in milliseconds: how far
// its outcome can be trusted.
type Strain struct {
	Late      float64  `json:"late_ms"`         // vega was due on a processor, and had none
	Pressure  *float64 `json:"cpu_pressure_ms"` // tasks of the container, or else of the host, waited for a processor; null: not told
	Throttled *float64 `json:"throttled_ms"`    // the container was held back by its quota; null: it has none
}

// excuse gives the host the blame for a run that a starved host cut off.
func (r *Report) excuse(s diagnostics.Strain, took, deadline time.Duration) {
	cause := policies.Excuse(r.Cause, took, s.Late, deadline)
	if cause == r.Cause {
		return
	}
	r.Cause = cause
	r.Message = fmt.Sprintf("vega had no processor for %v of %v%s, so this run tells nothing: %s",
		min(s.Late, deadline).Round(time.Millisecond), deadline.Round(time.Millisecond), heldBack(s), r.Message)
}

func heldBack(s diagnostics.Strain) string {
	if s.Throttled != nil && *s.Throttled > 0 {
		return fmt.Sprintf(" (its container was throttled for %v)", s.Throttled.Round(time.Millisecond))
	}
	return ""
}

func kept(s diagnostics.Strain) *store.Strain {
	return &store.Strain{Late: s.Late, Pressure: s.Pressure, Throttled: s.Throttled}
}

// newStrain is nil for a run that has none: it is of a vega that knew of none.
func newStrain(s *store.Strain) *Strain {
	if s == nil {
		return nil
	}
	return &Strain{float64(s.Late.Milliseconds()), wholeMS(s.Pressure), wholeMS(s.Throttled)}
}

func wholeMS(d *time.Duration) *float64 {
	if d == nil {
		return nil
	}
	ms := float64(d.Milliseconds())
	return &ms
}

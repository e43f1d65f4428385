package alert

import (
	"time"

	"vega/policies/check"
	"vega/policies/incident"
)

// Observe returns what evidence keeps of a run.
func Observe(r *check.Run) *incident.Observation { return observe(r) }

// SilencesOf returns the silences that hold back messages about an open incident, in
// order of ID.
func (m *Machine) SilencesOf(id int64, now time.Time) []incident.Silence {
	r := m.records[id]
	if r == nil {
		return nil
	}
	var all []incident.Silence
	for _, s := range m.silences {
		if s.Active(now) && m.silenced(s, r) {
			all = append(all, copySilence(s.Silence))
		}
	}
	return all
}

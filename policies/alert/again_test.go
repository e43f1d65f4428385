package alert_test

import (
	"testing"
	"time"

	"vega/policies/alert"
	"vega/policies/check"
	"vega/policies/incident"
)

// TestASecondReopeningIsTheSameIncident lets an integration fail three times, each less
// than ten minutes after it was good again.
func TestASecondReopeningIsTheSameIncident(t *testing.T) {
	w := newWorld(t, config(alert.Integration{Name: "root"}, alert.Integration{Name: "child", DependsOn: []string{"root"}}))
	from := []outage{{3 * time.Minute, 11 * time.Minute}, {15 * time.Minute, 16*time.Minute + 30*time.Second}, {19*time.Minute + 50*time.Second, 27 * time.Minute}}
	e := newEngine(w, func(_ string, at time.Time) check.Status {
		for _, o := range from {
			if s := o.status(at.Sub(start)); s == bad {
				return bad
			}
		}
		return good
	})
	e.advance(50 * time.Minute)
	for _, m := range w.sent {
		for _, n := range m.Notices {
			if n.Kind == incident.Opening && n.Incident.ID != w.sent[0].Notices[0].Incident.ID {
				t.Errorf("after %v: incident %d opens", m.At.Sub(start), n.Incident.ID)
			}
		}
	}
}

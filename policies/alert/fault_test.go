package alert

import (
	"testing"
	"time"

	"vega/policies/check"
	"vega/policies/incident"
)

// TestABugWithOneNotifierLeavesTheOthers gives one of three notifiers a delivery without
// an incident, which is a bug.
func TestABugWithOneNotifierLeavesTheOthers(t *testing.T) {
	now := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	m := New(Config{
		ID: "id", Notifiers: []Notifier{{Name: "a"}, {Name: "b"}, {Name: "c"}},
		Integrations: []Integration{{Name: "api", Interval: time.Minute, Enabled: true}},
		Alerts:       []Alert{{Name: "health", Integrations: []Selector{"*"}, Status: []check.Status{check.Unhealthy}, After: 1, ClearAfter: 1, Severity: incident.Critical}},
	}, incident.State{}, now)
	broken := m.byName["b"]
	broken.active = append(broken.active, &delivery{to: broken})
	m.Run(&check.Run{Integration: "api", Status: check.Unhealthy, Cause: check.Target, Began: now})
	now = now.Add(time.Minute)
	due, again := m.Next(now)
	if len(due) != 2 || due[0].Notifier != "a" || due[1].Notifier != "c" {
		t.Errorf("%+v", due)
	}
	if faults := m.Faults(); len(faults) != 1 || len(m.Faults()) != 0 {
		t.Errorf("%d faults: %v", len(faults), faults)
	}
	if !again.After(now) {
		t.Errorf("again at %v, which is not after %v", again, now)
	}
	broken.active = broken.active[1:]
	if due, _ = m.Next(now.Add(faultPause)); len(due) != 1 || due[0].Notifier != "b" {
		t.Errorf("%+v", due)
	}
}

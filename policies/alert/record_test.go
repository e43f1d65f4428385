package alert_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"vega/policies/alert"
	"vega/policies/check"
	"vega/policies/incident"
)

// An incident that flaps for a week stays open. Its timeline stays short enough to read.
func TestTimelineOfAnIncidentThatFlaps(t *testing.T) {
	w := newWorld(t, config(alert.Integration{Name: "a", Interval: 10 * time.Second}))
	w.runs("a", 10*time.Second, bad, bad, bad)
	for end := w.now.Add(7 * 24 * time.Hour); w.now.Before(end); {
		w.runs("a", 10*time.Second, good, bad)
	}
	if n := len(w.events); n > 300 {
		t.Errorf("%d entries in the timeline of a week", n)
	}
	last := w.events[len(w.events)-1]
	if !strings.Contains(last.Text, "left out") {
		t.Errorf("the last entry does not count those that are left out: %q", last.Text)
	}
	w.runs("a", 10*time.Second, good, good)
	w.pass(time.Minute)
	w.want("chat:opening:a", "chat:resolve:a")
}

// Many alerts that join many incidents at once do not push the beginnings of these out of
// what waits to be stored.
func TestManyAlertsLeaveTheBeginningInTheTimeline(t *testing.T) {
	c := many(100)
	for i := range 200 {
		a := c.Alerts[0]
		a.Name = fmt.Sprintf("again-%03d", i)
		c.Alerts = append(c.Alerts, a)
	}
	m := alert.New(c, incident.State{}, start)
	for at := start; at.Before(start.Add(4 * time.Minute)); at = at.Add(time.Minute) {
		for _, i := range c.Integrations {
			m.Run(&check.Run{Integration: i.Name, Status: bad, Began: at, Cause: check.Target})
		}
	}
	opened := 0
	for _, e := range m.Take().Events {
		if e.Kind == "opened" {
			opened++
		}
	}
	if opened != len(c.Integrations) {
		t.Errorf("%d of %d incidents have their beginning", opened, len(c.Integrations))
	}
}

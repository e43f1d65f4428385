package alert_test

import (
	"strings"
	"testing"
	"time"

	"vega/policies/alert"
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

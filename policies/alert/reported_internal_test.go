package alert

import (
	"strconv"
	"testing"
	"time"

	"vega/policies"
	"vega/policies/incident"
)

// TestChangingLabelsTakeABoundedMemory samples a query whose rows have new labels each time.
func TestChangingLabelsTakeABoundedMemory(t *testing.T) {
	now := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	m := New(Config{
		Alerts:   []Alert{{Name: "a", Metric: "metric.x", Above: new(100.0), After: 3}},
		Measures: map[string]time.Duration{"metric.x": time.Minute},
	}, incident.State{}, now)
	for n := range 2000 {
		now = now.Add(time.Minute)
		all := make([]policies.Reading, 40)
		for k := range all {
			value := 7.0
			if k == 0 {
				value = 150 // pending, and then gone
			}
			all[k] = policies.Reading{Resource: "metric.x", Subject: `{id="` + strconv.Itoa(n*40+k) + `"}`, Value: value, Measured: now}
		}
		m.Sample(now, "metric.x", all)
	}
	if len(m.lastGood) > maxGood || len(m.watches) > 10 {
		t.Errorf("%d values and %d watches are kept", len(m.lastGood), len(m.watches))
	}
}

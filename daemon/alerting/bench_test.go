package alerting

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"vega/policies/alert"
	"vega/policies/check"
	"vega/policies/incident"
)

// BenchmarkHealthyRun judges a healthy run, as the store's writer does for each, without
// alerts and with a hundred on the integration.
func BenchmarkHealthyRun(b *testing.B) {
	for _, alerts := range []int{0, 100} {
		b.Run(fmt.Sprint(alerts, " alerts"), func(b *testing.B) {
			w := &world{store: &fakeStore{}}
			s := w.setup()
			s.Rules.Alerts = nil
			for n := range alerts {
				s.Rules.Alerts = append(s.Rules.Alerts, alert.Alert{Name: fmt.Sprint(n), Integrations: []alert.Selector{"*"}, Status: []check.Status{check.Unhealthy}, After: n + 1, ClearAfter: 2, Severity: incident.Critical})
			}
			a, err := New(context.Background(), Options{Log: slog.New(slog.DiscardHandler), Store: w.store, Soon: func(_, _ []string) {}}, s)
			if err != nil {
				b.Fatal(err)
			}
			r := &check.Run{Integration: "shop", Status: check.Healthy, Previous: check.Healthy, Began: time.Now()}
			a.Step(r)
			b.ReportAllocs()
			for b.Loop() {
				a.Step(r)
			}
		})
	}
}

package sqlite_test

import (
	"path/filepath"
	"testing"
	"time"

	"vega/policies/check"
	"vega/store/sqlite"
	"vega/store/storetest"
)

// BenchmarkStatuses reads 30 days of an integration with a run a minute, of which 1 in 100
// is not healthy, among the runs of nine others.
func BenchmarkStatuses(b *testing.B) {
	s, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "vega.db"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	now := time.Now()
	const runs = 43_200
	for n := range runs {
		for _, name := range []string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "web"} {
			r := storetest.RunOf(name, now.Add(time.Duration(n-runs)*time.Minute))
			if n%100 == 0 {
				r.Status, r.Cause = check.Unhealthy, check.Target
			}
			if err := s.AppendRun(b.Context(), r); err != nil {
				b.Fatal(err)
			}
		}
	}
	if err := s.FlushRuns(b.Context()); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		n := 0
		if _, err := s.Statuses(b.Context(), "web", now.Add(-31*24*time.Hour), now, func(time.Time, check.Status) bool { n++; return true }); err != nil || n != runs {
			b.Fatal(n, err)
		}
	}
}

package sqlite_test

import (
	"path/filepath"
	"testing"
	"time"

	"vega/store/sqlite"
	"vega/store/storetest"
)

// BenchmarkAppendRuns stores 1,000 runs of ten integrations and waits until
// they are written.
func BenchmarkAppendRuns(b *testing.B) {
	s, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "vega.db"))
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	names := []string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"}
	now := time.Now()
	b.ReportAllocs()
	for b.Loop() {
		for n := range 1000 {
			if err := s.AppendRun(b.Context(), storetest.RunOf(names[n%10], now)); err != nil {
				b.Fatal(err)
			}
		}
		if err := s.FlushRuns(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}

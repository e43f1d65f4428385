//go:build unix

package sqlite_test

import (
	"fmt"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"vega/policies/check"
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

// BenchmarkRunsInOrder reads 100,000 runs of 200 integrations. It reports runs a second
// of processor time.
func BenchmarkRunsInOrder(b *testing.B) {
	s, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "vega.db"))
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	const runs = 100_000
	now := time.Now()
	for n := range runs {
		r := storetest.RunOf(fmt.Sprint("integration-", n%200), now)
		r.Details = map[string]string{"status": "200", "protocol": "HTTP/1.1"}
		if err := s.AppendRun(b.Context(), r); err != nil {
			b.Fatal(err)
		}
	}
	if err := s.FlushRuns(b.Context()); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	began := cpuTime(b)
	read := 0
	for b.Loop() {
		err := s.RunsInOrder(b.Context(), time.Time{}, func(*check.Run) bool {
			read++
			return true
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	if read != b.N*runs {
		b.Errorf("%d runs, want %d", read, b.N*runs)
	}
	b.ReportMetric(float64(read)/(cpuTime(b)-began).Seconds(), "runs/cpu-s")
}

// cpuTime returns the processor time of this process.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Skip(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

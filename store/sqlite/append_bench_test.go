//go:build unix

package sqlite_test

import (
	"fmt"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"vega/policies/check"
	"vega/policies/incident"
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

// BenchmarkOpening stores a run, with and without an incident that opens because of it. It
// reports the processor time and what the file grows by.
func BenchmarkOpening(b *testing.B) {
	for _, opens := range []bool{false, true} {
		b.Run(fmt.Sprint("opens=", opens), func(b *testing.B) {
			s, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "vega.db"))
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			id := int64(0)
			s.Judge(&storetest.Journal{Judge: func(r *check.Run, c *incident.Changes) {
				if !opens {
					return
				}
				id++
				i := storetest.IncidentOf(id, r.Integration, r.Began)
				c.Incidents = append(c.Incidents, i)
				c.Watches = append(c.Watches, incident.Watch{Alert: "health-checks", Subject: i.Subject, Phase: incident.Firing, Incident: id, Message: r.Message})
				c.Events = append(c.Events, incident.Event{Incident: id, At: r.Began, Kind: "opened", Text: i.Summary})
				c.Deliveries = append(c.Deliveries, incident.Delivery{Incident: id, Notifier: "chat"})
			}})
			before, began, n := size(b, s), cpuTime(b), 0
			for b.Loop() {
				if n++; n <= 5000 { // a disk that waits would need minutes for more
					if err := s.AppendRun(b.Context(), storetest.RunOf(fmt.Sprint("i", n%100), time.Now())); err != nil {
						b.Fatal(err)
					}
					if err := s.FlushRuns(b.Context()); err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportMetric(float64((cpuTime(b)-began).Microseconds())/float64(min(n, 5000)), "cpu-µs/run")
			b.ReportMetric(float64(size(b, s)-before)/float64(min(n, 5000)), "file-B/run")
		})
	}
}

// size returns the bytes of all pages.
func size(b *testing.B, s *sqlite.Store) (n int64) {
	b.Helper()
	rows, err := s.Query(b.Context(), "SELECT page_count * 4096 FROM pragma_page_count")
	if err != nil {
		b.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := rows.Scan(&n); err != nil {
			b.Fatal(err)
		}
	}
	if err := rows.Err(); err != nil {
		b.Fatal(err)
	}
	return n
}

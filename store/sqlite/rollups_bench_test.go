//go:build unix

package sqlite_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"vega/policies/check"
	"vega/policies/rollup"
	"vega/store"
	"vega/store/clock"
	"vega/store/sqlite"
)

// BenchmarkRollups stores 90 days of integrations with a run every five minutes and a
// metric, as a vega does. It reports the bytes a series, and the processor time of a chart of
// 90 days by the hour and of the uptime of 100 integrations by the day. VEGA_INTEGRATIONS
// sets how many integrations there are.
func BenchmarkRollups(b *testing.B) {
	const days = 90
	integrations := 10
	if text := os.Getenv("VEGA_INTEGRATIONS"); text != "" {
		var err error
		if integrations, err = strconv.Atoi(text); err != nil {
			b.Fatal(err)
		}
	}
	now := time.Date(2028, 2, 1, 0, 0, 0, 0, time.UTC)
	began := now
	s, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "vega.db"), sqlite.Clock(func() clock.Reading {
		return clock.Reading{Wall: now, Awake: now.Sub(began), Boot: now.Sub(began)}
	}))
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	s.AwaitRollups()
	since, names := began, make([]string, integrations)
	for n := range names {
		names[n] = fmt.Sprint("integration-", n)
	}
	cpu := cpuTime(b)
	for round := range days * 288 {
		for n, name := range names {
			r := &check.Run{
				Integration: name, Probe: "core.http", Digest: "d", Status: check.Healthy, Began: now.Add(time.Duration(n) * time.Second),
				Took: time.Duration(round*37%1000) * time.Millisecond, Metrics: []check.Metric{{Name: "latency", Unit: "ms", Value: float64(round*31%997) / 7}},
			}
			if round*n%501 == 500 {
				r.Status = check.Unhealthy
			}
			if err := s.AppendRun(b.Context(), r); err != nil {
				b.Fatal(err)
			}
		}
		if round%10 == 9 {
			if err := s.FlushRuns(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
		now = now.Add(rollup.FiveMinutes)
		if round%288 == 0 {
			if _, err := s.Retain(b.Context(), store.Retention{Runs: 24 * time.Hour}); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.Logf("%.1f µs of processor time a run with a metric", float64((cpuTime(b)-cpu).Microseconds())/float64(days*288*integrations))
	bytes := number(b, s, "SELECT sum(pgsize) FROM dbstat WHERE name IN ('rollups', 'rollup_series', 'sqlite_autoindex_rollup_series_1')")
	b.Run("chart", func(b *testing.B) {
		began := cpuTime(b)
		for b.Loop() {
			all, err := s.History(b.Context(), store.HistoryQuery{Series: store.Series{Integration: names[7], Metric: "latency"}, Step: store.Hourly, Since: since, Until: now})
			if err != nil || len(all) != days*24 {
				b.Fatalf("%d buckets, %v", len(all), err)
			}
		}
		b.ReportMetric(float64((cpuTime(b)-began).Microseconds())/float64(b.N), "cpu-µs/chart")
		b.ReportMetric(float64(bytes)/float64(2*integrations), "B/series")
	})
	b.Run("uptime", func(b *testing.B) {
		began := cpuTime(b)
		for b.Loop() {
			for n := range 100 {
				all, err := s.History(b.Context(), store.HistoryQuery{Series: store.Series{Integration: names[n%integrations]}, Step: store.Daily, Since: since, Until: now})
				if err != nil || len(all) != days {
					b.Fatalf("%d buckets, %v", len(all), err)
				}
			}
		}
		b.ReportMetric(float64((cpuTime(b)-began).Microseconds())/float64(b.N)/1000, "cpu-ms/100")
	})
}

// number returns what a query counts.
func number(b *testing.B, s *sqlite.Store, query string) (n int64) {
	b.Helper()
	rows, err := s.Query(b.Context(), query)
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

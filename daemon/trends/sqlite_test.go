package trends

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"vega/policies/check"
	"vega/policies/rollup"
	"vega/policies/uptime"
	"vega/store"
	"vega/store/sqlite"
	"vega/store/sqlite/rollups"
)

// TestUptimeOfAStore stores the runs of a month, asks for periods and windows, and compares
// with what all runs said. Then most of the runs are deleted, and the store opened again.
func TestUptimeOfAStore(t *testing.T) {
	f := story(rand.New(rand.NewPCG(9, 10)), 4*time.Minute, 35*day)
	path := filepath.Join(t.TempDir(), "vega.db")
	open := func() *sqlite.Store {
		t.Helper()
		s, err := sqlite.Open(t.Context(), path, sqlite.RollUp(rollups.Policy{
			Speaks: func(string) time.Duration { return f.limit },
			Paused: func(_ string, from, to time.Time) (open []uptime.Period) {
				for _, p := range f.maintenance {
					if p.To.After(from) && p.From.Before(to) {
						open = append(open, p)
					}
				}
				return open
			},
			Now: func() time.Time { return now },
		}))
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := open()
	for n, r := range f.runs {
		one := check.Run{Integration: "web", Probe: "core.http", Began: r.at, Status: r.status, Took: 250 * time.Millisecond, Metrics: []check.Metric{{Name: "size", Value: float64(n), Unit: "bytes"}}}
		if err := s.AppendRun(t.Context(), &one); err != nil {
			t.Fatal(err)
		}
		if n%200 == 0 {
			if err := s.FlushRuns(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	compare := func(when string) {
		t.Helper()
		if err := s.FlushRuns(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, since := range []time.Time{WindowSince(day, now), WindowSince(7*day, now), WindowSince(30*day, now), now.Add(-50 * day), rollup.Ceil(now.Add(-20*day), time.Hour)} {
			got, known, err := Uptime(t.Context(), s, f.query(since, now))
			if err != nil || !known {
				t.Fatal(known, err)
			}
			begin := later(since, f.runs[0].at)
			if want := newUptimeReport("web", begin, now, f.tally(begin, now)); fmt.Sprint(values(got)) != fmt.Sprint(values(want)) {
				t.Errorf("%s, since %v:\n%v\nwant\n%v", when, since, values(got), values(want))
			}
		}
	}
	compare("all runs are stored")
	random := rand.New(rand.NewPCG(11, 12))
	for range 30 {
		since := now.Add(-time.Duration(random.Int64N(int64(34 * day)))).Truncate(time.Millisecond)
		until := since.Add(time.Duration(random.Int64N(int64(now.Sub(since))))).Truncate(time.Millisecond)
		got, _, err := Uptime(t.Context(), s, f.query(since, until))
		if err != nil {
			t.Fatal(err)
		}
		if want := newUptimeReport("web", since, until, f.tally(since, until)); fmt.Sprint(values(got)) != fmt.Sprint(values(want)) {
			t.Errorf("%v to %v:\n%v\nwant\n%v", since, until, values(got), values(want))
		}
	}
	chartsOf(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open()
	compare("after a restart")
	f.stored = now.Add(-2 * day) // the runs before are not asked for any longer
	reader := short{s, f.stored}
	got, _, err := Uptime(t.Context(), reader, f.query(WindowSince(30*day, now), now))
	if err != nil {
		t.Fatal(err)
	}
	since := WindowSince(30*day, now)
	if want := newUptimeReport("web", since, now, f.tally(since, now)); fmt.Sprint(values(got)) != fmt.Sprint(values(want)) {
		t.Errorf("without old runs:\n%v\nwant\n%v", values(got), values(want))
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// chartsOf asks for a chart of every step.
func chartsOf(t *testing.T, s *sqlite.Store) {
	t.Helper()
	for _, step := range append([]time.Duration{0, 25 * time.Minute}, steps...) {
		from := now.Add(-6 * day)
		if step < time.Hour && step > 0 {
			from = now.Add(-3 * day)
		}
		span, err := NewSpan(from, now, step, now)
		if err != nil {
			t.Fatal(err)
		}
		for _, metric := range []string{"", "size"} {
			points, err := span.Chart(t.Context(), s, store.Series{Integration: "web", Metric: metric}, 1000)
			if err != nil || len(points) == 0 || len(points) > MaxPoints {
				t.Fatal(step, metric, len(points), err)
			}
			last := points[len(points)-1]
			if last.Open != last.At.Add(span.step).After(now) || !points[0].At.Equal(rollup.Start(points[0].At, span.step)) || (metric == "") != (last.Status != nil) {
				t.Errorf("%v %q: %+v", step, metric, last)
			}
			for _, p := range points {
				if up := p.Status != nil && p.Count > p.Status.Unhealthy+p.Status.Unknown; metric == "" && (up != (p.Mean != nil) || up && *p.Mean != 250) {
					t.Errorf("%v: %+v; a run took 250 ms", step, p)
				}
			}
		}
	}
}

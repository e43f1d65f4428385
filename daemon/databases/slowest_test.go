package databases

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"vega/daemon/realtest"
	"vega/plugins/manifest"
	"vega/policies"
	"vega/store/profile"
)

// figureOf returns one figure of the database app, read at a time.
func figureOf(t *testing.T, d *Set, now time.Time, path string) policies.Reading {
	t.Helper()
	for _, r := range d.Figures(now) {
		if r.Resource == "database.app."+path {
			return r
		}
	}
	t.Fatalf("there is no figure %s", path)
	return policies.Reading{}
}

// TestStuckPoolShowsInFigures runs queries that don't end on all connections to a real
// server, and one that waits for a connection. The figures show them while they run.
func TestStuckPoolShowsInFigures(t *testing.T) {
	t.Parallel()
	for driver, c := range map[string]struct {
		dsn          func(testing.TB) string
		query, shown string
	}{
		"postgres": {func(t testing.TB) string { return realtest.Postgres(t) }, "SELECT pg_sleep(600), 'password'", "SELECT pg_sleep(?)"},
		"mysql":    {realtest.MariaDB, "SELECT SLEEP(600), 'password'", "SELECT SLEEP(?)"},
		"sqlite":   {emptySQLite, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*), 'password' FROM n", "WITH RECURSIVE"},
	} {
		t.Run(driver, func(t *testing.T) {
			d := testDatabases(t, Config{Name: "app", Driver: driver, DSN: manifest.Plain(c.dsn(t))})
			ask{"SELECT 1", "1", ""}.check(t, d, "app")
			now := time.Now()
			if r := figureOf(t, d, now, "pool.percent"); r.Value > 0 || r.Unknown != "" {
				t.Errorf("at first: %+v", r)
			}
			ctx, cancel := context.WithCancel(t.Context())
			var running sync.WaitGroup
			for range maxConnections + 1 {
				running.Go(func() {
					rows, err := d.Query(ctx, "app", c.query)
					if err != nil {
						return
					}
					for rows.Next() {
						continue
					}
					_, _ = rows.Close(), rows.Err()
				})
			}
			defer running.Wait()
			defer cancel()
			pool := func() (waiting, inUse int) {
				p := d.counted("app").Profiler().Totals().Pools[0]
				return p.Waiting, p.InUse
			}
			for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
				waiting, inUse := pool()
				if waiting == 1 && inUse == maxConnections && d.counted("app").Profiler().Totals().SlowestMS > 150 {
					break
				}
				if time.Now().After(deadline) {
					t.Fatalf("%d wait, %d are in use", waiting, inUse)
				}
			}
			now = now.Add(2 * time.Minute) // later than any sample
			for path, min := range map[string]float64{"pool.percent": 100, "queries.slowest": 20, "pool.waiting": 0.0001} {
				if r := figureOf(t, d, now, path); r.Value < min || r.Unknown != "" {
					t.Errorf("%+v", r)
				}
			}
			lines := d.Slowest(3)
			if len(lines) != 1 || !strings.Contains(lines[0], " so far on database.app: SELECT ") || !strings.Contains(lines[0], c.shown) || strings.Contains(strings.Join(lines, ""), "password") {
				t.Errorf("%q", lines)
			}
			cancel()
			running.Wait()
			now = now.Add(2 * time.Minute)
			if r := figureOf(t, d, now, "pool.percent"); r.Value > 0 {
				t.Errorf("at the end: %+v", r)
			}
			if r := figureOf(t, d, now, "queries.slowest"); r.Value < 20 {
				t.Errorf("at the end: %+v", r)
			}
		})
	}
}

func TestDurationsOfSlowQueries(t *testing.T) {
	for _, c := range []struct {
		ms      float64
		running bool
		want    string
	}{{0.25, false, "0.25 ms"}, {999.94, true, "999.9 ms so far"}, {1000, false, "1s"}, {29950.9, false, "30s"}, {3_723_456, true, "1h2m3.5s so far"}} {
		if got := took(profile.Slow{DurationMS: c.ms, Running: c.running}); got != c.want {
			t.Errorf("%v: %s, want %s", c.ms, got, c.want)
		}
	}
}

// TestSlowestWithoutQueries covers a set without databases, and one that nothing has
// queried.
func TestSlowestWithoutQueries(t *testing.T) {
	empty, unopened := &Set{}, New([]Config{{Name: "app", Driver: "sqlite", DSN: manifest.Plain("/none")}}, time.Second, nil, nil)
	for _, d := range []*Set{empty, unopened} {
		for _, n := range []int{-1, 0, 5} {
			if lines := d.Slowest(n); len(lines) != 0 || lines == nil {
				t.Errorf("%q", lines)
			}
		}
	}
	for _, r := range unopened.Figures(time.Now()) {
		if r.Unknown == "" {
			t.Errorf("%+v", r)
		}
	}
}

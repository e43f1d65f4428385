//go:build unix

package sqlite_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"vega/policies/check"
	"vega/policies/rollup"
	"vega/policies/uptime"
	"vega/store"
	"vega/store/clock"
	"vega/store/sqlite"
	"vega/store/sqlite/rollups"
)

var killedSince = time.Date(2028, 2, 28, 0, 0, 0, 0, time.UTC)

const killedSpeaks = 45 * time.Second

// killedRun is the run with a number: they are 20 seconds apart, and now and then the clock is
// set back.
func killedRun(n int) *check.Run {
	at := killedSince.Add(time.Duration(n) * 20 * time.Second)
	if n%97 == 96 {
		at = at.Add(-11*time.Minute - time.Duration(n%7)*time.Hour)
	}
	return &check.Run{
		Integration: "a", Probe: "core.http", Digest: "d", Status: anyStatus[n*n%len(anyStatus)], Began: at,
		Took: time.Duration(n%1000) * time.Millisecond, Metrics: []check.Metric{{Name: "latency", Value: float64(n % 512), Unit: "ms"}},
	}
}

func openKilled(path string, now func() time.Time) (*sqlite.Store, error) {
	return sqlite.Open(context.Background(), path, sqlite.Clock(func() clock.Reading { return clock.Reading{Wall: now()} }),
		sqlite.RollUp(rollups.Policy{Speaks: func(string) time.Duration { return killedSpeaks }, Paused: nightly}))
}

// rollForever stores runs and points until the process is killed. It prints the number of
// each point that is acknowledged.
func rollForever(path string) error {
	n, err := storedRuns(path)
	if err != nil {
		return err
	}
	var last atomic.Int64 // number of the last run: the clock is that of the runs
	last.Store(int64(n))
	s, err := openKilled(path, func() time.Time { return killedSince.Add(time.Duration(last.Load()) * 20 * time.Second) })
	if err != nil {
		return err
	}
	ctx := context.Background()
	for ; ; n++ {
		last.Store(int64(n))
		r := killedRun(n)
		if err := s.AppendRun(ctx, r); err != nil {
			return err
		}
		if n%5 == 0 {
			if err := s.FlushRuns(ctx); err != nil {
				return err
			}
		}
		if n%7 == 0 {
			if err := s.AppendPoints(ctx, []store.Point{{Series: store.Series{Metric: "orders", Labels: `{state="open"}`}, At: r.Began, Value: 3}}); err != nil {
				return err
			}
			fmt.Println(n)
		}
	}
}

// storedRuns counts the runs of a store that may not exist yet.
func storedRuns(path string) (n int, err error) {
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	s, err := openKilled(path, func() time.Time { return killedSince }) // repairs what the kill left
	if err != nil {
		return 0, err
	}
	rows, err := s.Query(context.Background(), `SELECT count(*) FROM runs`)
	if err != nil {
		return 0, errors.Join(err, s.Close())
	}
	for rows.Next() {
		err = errors.Join(err, rows.Scan(&n))
	}
	return n, errors.Join(err, rows.Err(), rows.Close(), s.Close())
}

// TestKillLosesNoRollups kills a process at any time. VEGA_KILLS=100 sets the number of
// kills.
func TestKillLosesNoRollups(t *testing.T) {
	kills, _ := strconv.Atoi(os.Getenv("VEGA_KILLS"))
	path := filepath.Join(t.TempDir(), "vega.db")
	points := int64(0)
	for range max(kills, 4) {
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), "VEGA_TEST_STORE="+path, "VEGA_TEST_ROLL=1")
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		must(t, err)
		must(t, cmd.Start())
		lines := bufio.NewReader(out)
		for left := 10 + rand.IntN(150); ; left-- {
			if left == 0 {
				_ = cmd.Process.Kill() // in the middle of the next write
			}
			line, err := lines.ReadString('\n')
			if errors.Is(err, io.EOF) {
				break
			}
			must(t, err)
			if _, err := strconv.Atoi(strings.TrimSpace(line)); err != nil {
				t.Fatal(line)
			}
			points++
		}
		_ = cmd.Wait() // killed
		points = checkKilled(t, path, points)
	}
}

// checkKilled compares the roll-ups with the runs that are stored. It returns how many points
// are.
func checkKilled(t *testing.T, path string, points int64) int64 {
	t.Helper()
	now := killedSince.Add(365 * 24 * time.Hour)
	s, err := openKilled(path, func() time.Time { return now })
	must(t, err)
	defer closeStore(t, s)
	tally := uptime.Tally{Limit: killedSpeaks}
	var last time.Time
	runs := 0
	first, err := s.Statuses(t.Context(), "a", time.Time{}, now, func(at time.Time, _ check.Status) bool { last, runs = at, runs+1; return true })
	must(t, err)
	now = last.Add(time.Second)
	tally.Since, tally.Until, tally.Maintenance = first, now, nightly("", first, now)
	_, err = s.Statuses(t.Context(), "a", time.Time{}, now, func(at time.Time, status check.Status) bool { tally.Add(at, status); return true })
	must(t, err)
	var latency store.Bucket
	for n := range runs {
		latency.Count(killedRun(n).Metrics[0].Value)
	}
	want := tally.Report()
	for _, step := range []time.Duration{store.FiveMinutes, store.Hourly, store.Daily} {
		q := store.HistoryQuery{Series: store.Series{Integration: "a"}, Step: step, Since: rollup.Start(first, step), Until: now}
		all, err := s.History(t.Context(), q)
		must(t, err)
		if got := uptimeOf(all, first, now); got != want {
			t.Fatalf("after %d runs, by %s: %+v, want %+v", runs, step, got, want)
		}
		q.Metric = "latency"
		all, err = s.History(t.Context(), q)
		must(t, err)
		compare(t, "latency", all, latency)
		q.Series = store.Series{Metric: "orders", Labels: `{state="open"}`}
		q.Until = now.Add(time.Hour) // a point may be stored whose run was lost
		all, err = s.History(t.Context(), q)
		must(t, err)
		var orders store.Bucket
		for n := range all {
			orders.Add(&all[n])
		}
		if orders.Runs < points || orders.Runs > points+1 || orders.Mean != 3 {
			t.Fatalf("%d points, of which the mean is %g; %d were acknowledged", orders.Runs, orders.Mean, points)
		}
		if step == store.Daily {
			points = orders.Runs
		}
	}
	return points
}

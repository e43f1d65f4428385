package live_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"vega/daemon/live"
	"vega/policies/check"
)

var began = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)

func record(b *live.Board, name string, n int, status check.Status) {
	_ = b.Record(context.Background(), check.Run{Integration: name, Status: status, Began: began.Add(time.Duration(n) * time.Second)})
}

func TestRowHasTheLastRunsInOrder(t *testing.T) {
	b := live.New()
	all := make([]check.Status, 2*live.Beats+5)
	for n := range all {
		all[n] = []check.Status{check.Healthy, check.Unhealthy, check.Unknown}[n*n%7%3]
		record(b, "web", n, all[n])
	}
	if got := b.Row("web").Beats; !slices.Equal(got, all[live.Beats+5:]) {
		t.Errorf("%v, want %v", got, all[live.Beats+5:])
	}
}

func TestSinceIsWhenTheStatusBegan(t *testing.T) {
	b := live.New()
	for n, s := range []check.Status{check.Healthy, check.Unhealthy, check.Unhealthy, check.Unknown, check.Unknown} {
		record(b, "web", n, s)
	}
	if row := b.Row("web"); !row.Since.Equal(began.Add(3 * time.Second)) {
		t.Errorf("since %v", row.Since)
	}
}

func TestStatusesSurvive(t *testing.T) {
	b := live.New()
	all := []check.Status{check.Healthy, check.Degraded, check.Unhealthy, check.Unknown, check.Disabled}
	for n, s := range all {
		record(b, "web", n, s)
	}
	record(b, "web", 5, "of a later version")
	got := b.Row("web").Beats
	if !slices.Equal(got, append(all, check.Unknown)) {
		t.Errorf("%v", got)
	}
}

func TestConfigureForgetsTheOthers(t *testing.T) {
	b := live.New()
	b.Configure([]string{"kept", "removed"})
	record(b, "kept", 1, check.Healthy)
	record(b, "removed", 1, check.Healthy)
	b.Configure([]string{"kept"})
	record(b, "removed", 2, check.Healthy) // a run that ends after the reload
	if n := len(b.Row("removed").Beats); n != 0 {
		t.Errorf("%d runs of an integration that was removed", n)
	}
	if n := len(b.Row("kept").Beats); n != 1 {
		t.Errorf("%d runs of one that was kept", n)
	}
}

// BenchmarkRecord measures what a run costs, with 10,000 integrations.
func BenchmarkRecord(b *testing.B) {
	board, names := live.New(), make([]string, 10_000)
	for n := range names {
		names[n] = fmt.Sprintf("integration-%d", n)
	}
	board.Configure(names)
	run := check.Run{Status: check.Healthy, Began: began}
	n := 0
	b.ReportAllocs()
	for b.Loop() {
		run.Integration = names[n%len(names)]
		n++
		_ = board.Record(context.Background(), run)
	}
}

// stored returns runs whose statuses are letters, the first at a second.
func stored(at int, letters string) (all []check.Run) {
	for n, letter := range letters {
		s := map[rune]check.Status{'h': check.Healthy, 'u': check.Unhealthy, '?': check.Unknown}[letter]
		all = append(all, check.Run{Status: s, Began: began.Add(time.Duration(at+n) * time.Second)})
	}
	return all
}

func TestRecalledRunsComeBeforeTheOwn(t *testing.T) {
	for _, c := range []struct {
		name     string
		own      string // from second 100 on
		stored   string // the last ones; the first of them at second 100 - before
		before   int
		since    int // of the stored ones
		want     string
		wantFrom int
	}{
		{"nothing yet", "", "hhu", 3, 99, "hhu", 99},
		{"nothing stored", "h", "", 0, 0, "h", 100},
		{"goes on", "hh", "uhh", 3, 98, "uhhhh", 98},
		{"goes on from long ago", "hh", "hhh", 3, 5, "hhhhh", 5},
		{"another status", "uu", "hhh", 3, 5, "hhhuu", 100},
		{"another status, and back", "uh", "hhh", 3, 5, "hhhuh", 101},
		{"stored meanwhile", "hhh", "hhhh", 2, 5, "hhhhh", 5},
		{"stored meanwhile with another status", "uuu", "hhuu", 2, 100, "hhuuu", 100},
		{"all stored meanwhile", "hu", "hu", 0, 101, "hu", 101},
		{"more than there is room for", "h" + strings.Repeat("u", live.Beats), "hh", 2, 1, strings.Repeat("u", live.Beats), 101},
		{"as many as there is room for", "u", strings.Repeat("u", live.Beats), live.Beats, 1, strings.Repeat("u", live.Beats), 1},
	} {
		synctest.Test(t, func(t *testing.T) {
			b := live.New()
			b.Configure([]string{"web"})
			for _, r := range stored(100, c.own) {
				r.Integration = "web"
				_ = b.Record(t.Context(), r)
			}
			ctx, cancel := context.WithCancel(t.Context())
			go b.Recall(ctx, func(_ context.Context, name string, limit int) ([]check.Run, time.Time, error) {
				if name != "web" || limit != live.Beats {
					t.Errorf("%s %d", name, limit)
				}
				return stored(100-c.before, c.stored), began.Add(time.Duration(c.since) * time.Second), nil
			}, func(err error) { t.Error(err) })
			synctest.Wait()
			cancel()
			var got string
			row := b.Row("web")
			for _, beat := range row.Beats {
				got += string(beat[:1])
			}
			if got != c.want || !row.Since.Equal(began.Add(time.Duration(c.wantFrom)*time.Second)) {
				t.Errorf("%s: %s since %v; want %s since second %d", c.name, got, row.Since, c.want, c.wantFrom)
			}
			synctest.Wait()
		})
	}
}

// TestRecallTriesAgain has an integration whose runs are damaged, and others whose runs can
// be read.
func TestRecallTriesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := live.New()
		b.Configure([]string{"damaged", "a", "b"})
		var failures atomic.Int32
		ctx, cancel := context.WithCancel(t.Context())
		defer synctest.Wait()
		defer cancel()
		go b.Recall(ctx, func(_ context.Context, name string, _ int) ([]check.Run, time.Time, error) {
			if name == "damaged" {
				return nil, time.Time{}, errors.New("the row is damaged")
			}
			return stored(0, "h"), began, nil
		}, func(error) { failures.Add(1) })
		time.Sleep(90 * time.Second)
		if failures.Load() != 1 || len(b.Row("a").Beats) != 1 || len(b.Row("b").Beats) != 1 {
			t.Errorf("%d failures; %+v, %+v", failures.Load(), b.Row("a"), b.Row("b"))
		}
	})
}

func TestRecallGoesOnAfterAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := live.New()
		b.Configure([]string{"a", "b"})
		var failures atomic.Int32
		broken := true
		ctx, cancel := context.WithCancel(t.Context())
		defer synctest.Wait()
		defer cancel()
		go b.Recall(ctx, func(context.Context, string, int) ([]check.Run, time.Time, error) {
			if broken {
				return nil, time.Time{}, errors.New("the disk is broken")
			}
			return stored(0, "h"), began, nil
		}, func(error) { failures.Add(1) })
		synctest.Wait()
		broken = false
		b.Configure([]string{"a", "b", "c"})
		synctest.Wait()
		if failures.Load() != 1 || len(b.Row("a").Beats) != 1 || len(b.Row("c").Beats) != 1 {
			t.Errorf("%d failures; %+v, %+v", failures.Load(), b.Row("a"), b.Row("c"))
		}
	})
}

// TestMemory bounds what 10,000 integrations take.
func TestMemory(t *testing.T) {
	names := make([]string, 10_000)
	for n := range names {
		names[n] = fmt.Sprint(n)
	}
	b := live.New()
	before := heap()
	b.Configure(names)
	for _, name := range names {
		for n := range live.Beats {
			record(b, name, n, check.Healthy)
		}
	}
	if each := (heap() - before) / uint64(len(names)); each > 200 {
		t.Errorf("%d bytes for each integration", each)
	} else {
		t.Logf("%d bytes for each integration", each)
	}
	runtime.KeepAlive(b)
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

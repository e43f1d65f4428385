package daemon

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"vega/daemon/config"
	"vega/daemon/databases"
	"vega/daemon/diagnostics"
	"vega/plugins"
	"vega/plugins/egress"
	"vega/store"
)

// runs records when each integration ran, out of the log.
type runs struct {
	slog.Handler
	mu sync.Mutex
	at map[string][]time.Time
}

func (r *runs) Enabled(context.Context, slog.Level) bool { return true }

func (r *runs) Handle(_ context.Context, rec slog.Record) error {
	rec.Attrs(func(a slog.Attr) bool {
		if rec.Message == "run" && a.Key == "integration" {
			r.mu.Lock()
			r.at[a.Value.String()] = append(r.at[a.Value.String()], rec.Time)
			r.mu.Unlock()
		}
		return true
	})
	return nil
}

// bare is a daemon whose store keeps nothing, for a bubble of time.
func bare(t *testing.T, body []byte, all ...config.Integration) (*Daemon, *runs) {
	t.Helper()
	sandbox, err := plugins.Open(t.Context(), plugins.Options{Network: egress.New("")})
	if err != nil {
		t.Fatal(err)
	}
	m, err := sandbox.Load(t.Context(), plain(t, "plain", "1", body))
	if err != nil {
		t.Fatal(err)
	}
	kept, err := store.OpenReadOnly(t.Context(), filepath.Join(t.TempDir(), "none.db"))
	if err != nil {
		t.Fatal(err)
	}
	r := &runs{at: map[string][]time.Time{}}
	d := &Daemon{
		store: kept,
		log:   slog.New(r), sandbox: sandbox, halt: make(chan struct{}), slots: make(chan struct{}, config.MaxRunning),
		changed: make(chan struct{}, 1), now: &state{cfg: &config.Config{}, databases: &databases.Set{}},
		pace: diagnostics.NewPace(), ahead: newCompileQueue(),
	}
	t.Cleanup(func() {
		if d.store != nil {
			_ = d.store.Close()
		}
	})
	d.life, d.end = context.WithCancel(t.Context())
	p := plugin{module: &module{Module: m}, state: loaded}
	p.found.Module = m.Module
	if _, err := d.install(&state{cfg: &config.Config{Integrations: all}, plugins: []plugin{p}, databases: &databases.Set{}}); err != nil {
		t.Fatal(err)
	}
	return d, r
}

func every(name string, interval time.Duration) config.Integration {
	return config.Integration{Name: name, Plugin: "plain", Probe: "healthy", Enabled: true, Interval: interval, Timeout: 10 * time.Second}
}

// during runs the daemon for a while of the bubble's time.
func during(t *testing.T, d *Daemon, time_ time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time_)
	defer cancel()
	if err := d.Run(ctx); err != nil {
		t.Error(err)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
}

func TestScheduleKeepsPhaseAcrossRestarts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := []config.Integration{every("demand", 0)}
		for n := range 50 {
			all = append(all, every(fmt.Sprintf("i%02d", n), time.Minute))
		}
		slices.SortFunc(all, func(a, b config.Integration) int { return slices.Compare([]byte(a.Name), []byte(b.Name)) })
		began := time.Now()
		d, first := bare(t, answerParameter, all...)
		during(t, d, 5*time.Minute)
		time.Sleep(17 * time.Second) // down for a time that fits no interval
		d, second := bare(t, answerParameter, all...)
		again := time.Now()
		during(t, d, time.Minute)

		if len(first.at["demand"]) != 0 {
			t.Error("interval 0 ran by itself")
		}
		perTick := map[time.Time]int{}
		for _, c := range all[1:] {
			at := first.at[c.Name]
			if len(at) != 5 || at[0].Sub(began) > time.Minute {
				t.Fatalf("%s ran at %v, want 5 times, first within a minute", c.Name, at)
			}
			for n, next := range at[1:] {
				if next.Sub(at[n]) != time.Minute {
					t.Fatalf("%s ran at %v", c.Name, at)
				}
			}
			if len(second.at[c.Name]) != 1 || second.at[c.Name][0].Sub(at[0])%time.Minute != 0 || second.at[c.Name][0].Sub(again) > time.Minute {
				t.Fatalf("%s ran at %v, after a restart at %v", c.Name, at, second.at[c.Name])
			}
			perTick[at[0].Truncate(time.Second)]++
		}
		for second, n := range perTick {
			if n > 1 {
				t.Errorf("%d of 50 integrations start at %v", n, second)
			}
		}
	})
}

func TestScheduleSkipsAnIntegrationStillInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, r := bare(t, answerParameter, every("slow", time.Second))
		i := d.now.find("slow")
		stuck := &flight{bound: i.bound, done: make(chan struct{})}
		i.flight = stuck
		time.AfterFunc(4500*time.Millisecond, func() { stuck.land(i, stuck.bound.unknown("was slow")) })
		began := time.Now()
		during(t, d, 8*time.Second)
		at := r.at["slow"]
		if len(at) < 3 || len(at) > 4 || at[0].Sub(began) < 4500*time.Millisecond {
			t.Errorf("ran after %v: late ticks must be skipped, not made up for", at)
		}
	})
}

func TestReinstallNeitherLosesNorDoublesATick(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, r := bare(t, answerParameter, every("a", time.Second))
		go func() {
			for range 30 {
				time.Sleep(333 * time.Millisecond)
				d.change.Lock()
				d.reinstall(d.now.plugins, d.now.owners)
				d.change.Unlock()
			}
		}()
		during(t, d, 12*time.Second)
		if n := len(r.at["a"]); n != 12 {
			t.Errorf("ran %d times in 12 s", n)
		}
	})
}

// named are integrations of one interval, in order of name.
func named(from, to int, interval time.Duration) []*integration {
	var all []*integration
	for n := from; n < to; n++ {
		name := fmt.Sprintf("i%04d", n)
		all = append(all, &integration{name: name, bound: &binding{Integration: every(name, interval)}})
	}
	return all
}

// fullest is the most starts within a window, at any time of the interval.
func fullest(all []*integration, window time.Duration) int {
	var at []time.Duration
	for _, i := range all {
		at = append(at, i.place.phase, i.place.phase+i.place.every)
	}
	slices.Sort(at)
	most, from := 0, 0
	for to := range at {
		for at[to]-at[from] >= window {
			from++
		}
		most = max(most, to-from+1)
	}
	return most
}

func TestPhasesAreSpread(t *testing.T) {
	all := append(named(0, 1000, 10*time.Second), named(2000, 2100, time.Minute)...)
	placeAll(all)
	if n := fullest(all[:1000], 100*time.Millisecond); n > 11 {
		t.Errorf("%d of 1000 checks every 10s start within 100ms", n)
	}
	if n := fullest(all[1000:], 600*time.Millisecond); n > 2 {
		t.Errorf("%d of 100 checks every minute start within 600ms", n)
	}
	before := map[string]place{}
	for _, i := range all {
		before[i.name] = i.place
	}
	// Those that join later move nobody, and don't crowd either.
	more := append(all, named(3000, 3200, 10*time.Second)...)
	placeAll(more)
	for _, i := range all {
		if i.place != before[i.name] {
			t.Fatalf("%s moved from %v to %v", i.name, before[i.name], i.place)
		}
	}
	if n := fullest(append(more[:1000:1000], more[1100:]...), 100*time.Millisecond); n > 22 {
		t.Errorf("%d of 1200 checks every 10s start within 100ms", n)
	}
	// A restart finds the same places, in whatever order the names come.
	again := append(named(0, 1000, 10*time.Second), named(2000, 2100, time.Minute)...)
	slices.Reverse(again)
	placeAll(again)
	for _, i := range again {
		if i.place != before[i.name] {
			t.Fatalf("%s is at %v after a restart, was at %v", i.name, i.place, before[i.name])
		}
	}
}

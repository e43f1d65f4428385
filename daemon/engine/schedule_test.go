package engine

import (
	"context"
	"fmt"
	"log/slog"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"vega/daemon/realtest/tiny"
	"vega/plugins"
	"vega/plugins/egress"
	"vega/plugins/manifest"
	"vega/plugins/sockets"
	"vega/policies/check"
)

// recorder is a sink that records when each integration ran.
type recorder struct {
	mu sync.Mutex
	at map[string][]time.Time
}

func (r *recorder) Record(_ context.Context, run check.Run) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.at[run.Integration] = append(r.at[run.Integration], time.Now())
	return nil
}

// unmanaged is a module that is never closed.
type unmanaged struct{ *plugins.Module }

func (unmanaged) Retain()        {}
func (unmanaged) Release() error { return nil }

// noDatabases allows no database.
type noDatabases struct{}

func (noDatabases) Query(context.Context, string, string) (plugins.Rows, error) {
	panic("unexpected query")
}
func (noDatabases) Same(plugins.Databases) bool { return true }
func (noDatabases) Retain()                     {}
func (noDatabases) Release() error              { return nil }

// load loads a plugin into a new sandbox.
func load(t *testing.T, wasm []byte) Module {
	t.Helper()
	sandbox, err := plugins.Open(t.Context(), plugins.Options{Network: egress.New("")})
	if err != nil {
		t.Fatal(err)
	}
	m, err := sandbox.Load(t.Context(), wasm)
	if err != nil {
		t.Fatal(err)
	}
	return unmanaged{m}
}

// start returns an engine with the given bindings and a recorder of its runs.
func start(t *testing.T, all ...*Binding) (*Engine, *recorder) {
	t.Helper()
	r := &recorder{at: map[string][]time.Time{}}
	e := New(Options{
		Log: slog.New(slog.DiscardHandler), Life: t.Context(), MaxRunning: 100, Sockets: sockets.NewPool(1000),
		Contention: func() func() check.Contention { return func() check.Contention { return check.Contention{} } },
		Durable:    r,
	})
	m := load(t, tiny.Plain(t, "plain", "1", tiny.AnswerParameter))
	for _, b := range all {
		b.Module = m
	}
	e.Bind(all)
	return e, r
}

func newBinding(name string, interval time.Duration) *Binding {
	return &Binding{Name: name, Plugin: "plain", Probe: "healthy", Enabled: true, Interval: interval, Timeout: 10 * time.Second, Databases: noDatabases{}}
}

// runFor runs the engine for a duration on the clock of the synctest bubble.
func runFor(t *testing.T, e *Engine, d time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	e.Run(ctx)
	e.Drain()
	e.Wait()
	e.Close()
}

func TestScheduleKeepsPhaseAcrossRestarts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := []*Binding{newBinding("demand", 0)}
		for n := range 50 {
			all = append(all, newBinding(fmt.Sprintf("i%02d", n), time.Minute))
		}
		slices.SortFunc(all, func(a, b *Binding) int { return strings.Compare(a.Name, b.Name) })
		began := time.Now()
		e, first := start(t, all...)
		runFor(t, e, 5*time.Minute)
		time.Sleep(17 * time.Second) // not a multiple of the interval
		e, second := start(t, all...)
		again := time.Now()
		runFor(t, e, time.Minute)

		if len(first.at["demand"]) != 0 {
			t.Error("an integration with interval 0 ran on a schedule")
		}
		perTick := map[time.Time]int{}
		for _, c := range all[1:] {
			at := first.at[c.Name]
			if len(at) < 5 || len(at) > 6 || at[0].Sub(began) > 30*time.Second {
				t.Fatalf("%s ran at %v, want 5 times, and first within 30 s", c.Name, at)
			}
			regular := at[len(at)-5:]
			for n, next := range regular[1:] {
				if next.Sub(regular[n]) != time.Minute {
					t.Fatalf("%s ran at %v", c.Name, at)
				}
			}
			after := second.at[c.Name]
			last := after[len(after)-1]
			if len(after) > 2 || after[0].Sub(again) > 30*time.Second || last.Sub(regular[0])%time.Minute != 0 || last.Sub(again) > time.Minute {
				t.Fatalf("%s ran at %v, after a restart at %v", c.Name, at, after)
			}
			perTick[regular[0].Truncate(time.Second)]++
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
		e, r := start(t, newBinding("slow", time.Second))
		i := e.now.find("slow")
		stuck := &flight{bound: i.bound, done: make(chan struct{})}
		i.flight = stuck
		time.AfterFunc(4500*time.Millisecond, func() { stuck.complete(i, stuck.bound.unknown("was slow")) })
		began := time.Now()
		runFor(t, e, 8*time.Second)
		at := r.at["slow"]
		if len(at) < 3 || len(at) > 4 || at[0].Sub(began) < 4500*time.Millisecond {
			t.Errorf("ran at %v: late ticks must be skipped", at)
		}
	})
}

func TestBindNeitherLosesNorDoublesATick(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, r := start(t, newBinding("a", time.Second))
		go func() {
			for range 30 {
				time.Sleep(333 * time.Millisecond)
				e.Bind([]*Binding{e.now.find("a").bound})
			}
		}()
		runFor(t, e, 12*time.Second)
		if n := len(r.at["a"]); n != 12 {
			t.Errorf("ran %d times in 12 s", n)
		}
	})
}

// named returns integrations with one interval, sorted by name.
func named(from, to int, interval time.Duration) []*integration {
	var all []*integration
	for n := from; n < to; n++ {
		name := fmt.Sprintf("i%04d", n)
		all = append(all, &integration{name: name, bound: newBinding(name, interval)})
	}
	return all
}

// maxWithin returns the maximum number of starts within any window of the interval.
func maxWithin(all []*integration, window time.Duration) int {
	var at []time.Duration
	for _, i := range all {
		at = append(at, i.phase.offset, i.phase.offset+i.phase.every)
	}
	slices.Sort(at)
	count, from := 0, 0
	for to := range at {
		for at[to]-at[from] >= window {
			from++
		}
		count = max(count, to-from+1)
	}
	return count
}

func TestPhasesAreSpread(t *testing.T) {
	all := append(named(0, 1000, 10*time.Second), named(2000, 2100, time.Minute)...)
	assignPhases(all)
	if n := maxWithin(all[:1000], 100*time.Millisecond); n > 11 {
		t.Errorf("%d of 1000 checks every 10s start within 100ms", n)
	}
	if n := maxWithin(all[1000:], 600*time.Millisecond); n > 2 {
		t.Errorf("%d of 100 checks every minute start within 600ms", n)
	}
	before := map[string]phase{}
	for _, i := range all {
		before[i.name] = i.phase
	}
	// Integrations that are added later do not move others and do not cluster.
	more := append(all, named(3000, 3200, 10*time.Second)...)
	assignPhases(more)
	for _, i := range all {
		if i.phase != before[i.name] {
			t.Fatalf("%s moved from %v to %v", i.name, before[i.name], i.phase)
		}
	}
	if n := maxWithin(append(more[:1000:1000], more[1100:]...), 100*time.Millisecond); n > 22 {
		t.Errorf("%d of 1200 checks every 10s start within 100ms", n)
	}
	// A restart assigns the same phases, regardless of the order of names.
	again := append(named(0, 1000, 10*time.Second), named(2000, 2100, time.Minute)...)
	slices.Reverse(again)
	assignPhases(again)
	for _, i := range again {
		if i.phase != before[i.name] {
			t.Fatalf("%s has phase %v after a restart, want %v", i.name, i.phase, before[i.name])
		}
	}
}

// Whatever the year, the wait is the rest of the interval.
func TestPhasesInAnyYear(t *testing.T) {
	const every = 7*time.Second + time.Nanosecond
	for _, at := range []time.Time{
		time.Unix(0, 0), time.Unix(0, 1), time.Unix(1e9, 999_999_999),
		time.Date(2262, 4, 11, 23, 47, 16, 0, time.UTC), time.Date(2263, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC),
	} {
		ns := new(big.Int).Add(new(big.Int).Mul(big.NewInt(at.Unix()), big.NewInt(1e9)), big.NewInt(int64(at.Nanosecond())))
		want := ns.Mod(ns, big.NewInt(int64(every))).Int64()
		if got := sinceEpoch(at, every); int64(got) != want {
			t.Errorf("%v: %d, want %d", at, got, want)
		}
		i := &tick{every: every, integration: &integration{phase: phase{offset: time.Second}}}
		if wait := i.after(at, 0); wait <= 0 || wait > every {
			t.Errorf("%v: the wait is %v", at, wait)
		}
	}
	if got := sinceEpoch(time.Unix(-1, 5), every); got < 0 || got >= every {
		t.Errorf("before 1970: %v", got)
	}
}

// TestGapsAreFilledWidestFirst compares the phases of integrations that join others with
// those that a search of all gaps finds.
func TestGapsAreFilledWidestFirst(t *testing.T) {
	search := func(every time.Duration, used []time.Duration, joining int) (out []time.Duration) {
		slices.Sort(used)
		for range joining {
			widest, after := used[0]+every-used[len(used)-1], len(used)-1 // the gap across the end of the interval
			for n := 1; n < len(used); n++ {
				if gap := used[n] - used[n-1]; gap > widest {
					widest, after = gap, n-1
				}
			}
			offset := (used[after] + widest/2) % every
			at, _ := slices.BinarySearch(used, offset)
			used, out = slices.Insert(used, at, offset), append(out, offset)
		}
		return out
	}
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 0))
		every := time.Duration(20 + r.IntN(2000))
		var used []time.Duration
		for range 1 + r.IntN(5) {
			if offset := time.Duration(r.Int64N(int64(every))); !slices.Contains(used, offset) {
				used = append(used, offset)
			}
		}
		joining := make([]*integration, r.IntN(min(60, int(every)/4)))
		for n := range joining {
			joining[n] = &integration{}
		}
		want := search(every, slices.Clone(used), len(joining))
		fillGaps(every, used, joining)
		var got []time.Duration
		for _, i := range joining {
			got = append(got, i.phase.offset)
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%d of %v: %v\nwant %v", used, every, got, want)
		}
	}
}

// BenchmarkBind binds 10,000 integrations again that did not change.
func BenchmarkBind(b *testing.B) {
	e := New(Options{Log: slog.New(slog.DiscardHandler), Life: b.Context(), MaxRunning: 1, Durable: sinkFunc(func(check.Run) error { return nil })})
	bindings := func() (all []*Binding) {
		for n := range 10_000 {
			one := newBinding(fmt.Sprintf("i%05d", n), time.Minute)
			one.Module, one.Values = unmanaged{}, manifest.Values{"url": manifest.Plain("http://127.0.0.1/"), "method": manifest.Plain("GET")}
			all = append(all, one)
		}
		return all
	}
	e.Bind(bindings())
	again := bindings()
	b.Run("whole", func(b *testing.B) {
		for b.Loop() {
			e.Bind(again)
		}
	})
	equal := e.compare(again)
	b.Run("locked", func(b *testing.B) {
		for b.Loop() {
			e.now.reconcile(again, equal)
		}
	})
}

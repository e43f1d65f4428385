package engine

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"vega/plugins"
	"vega/plugins/sockets"
	"vega/policies/check"
)

// network is a module whose targets fail or hang by the name of the integration. It
// keeps when each run began, and counts those in progress.
type network struct {
	unmanaged
	origin time.Time

	mu      sync.Mutex
	fails   func(name string) bool
	takes   func(name string) time.Duration
	began   map[string][]time.Duration // since origin
	running map[string]int
	overlap int // runs that began during another of the same integration
	counted func(name string) bool
	now     int // counted runs in progress
	most    int
}

func newNetwork() *network {
	return &network{
		origin: time.Now(), began: map[string][]time.Duration{}, running: map[string]int{},
		fails: func(string) bool { return true }, takes: func(string) time.Duration { return time.Millisecond },
		counted: func(string) bool { return true },
	}
}

func (n *network) Run(_ context.Context, in plugins.Input) plugins.Result {
	n.mu.Lock()
	name := in.Integration
	n.began[name] = append(n.began[name], time.Since(n.origin))
	if n.running[name]++; n.running[name] > 1 {
		n.overlap++
	}
	if n.counted(name) {
		n.now++
		n.most = max(n.most, n.now)
	}
	takes, fails := min(n.takes(name), in.Timeout), n.fails(name)
	n.mu.Unlock()
	time.Sleep(takes)
	n.mu.Lock()
	defer n.mu.Unlock()
	n.running[name]--
	if n.counted(name) {
		n.now--
	}
	if fails {
		return plugins.Result{Status: check.Unhealthy, Cause: check.Target, Took: takes}
	}
	return plugins.Result{Status: check.Healthy, Took: takes}
}

func (n *network) starts(name string) []time.Duration {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.began[name])
}

// confirm is a sink that asks for extra runs like alerting does, until an integration has
// failed three times in a row.
type confirm struct {
	engine    *Engine
	ancestors []string
	mu        sync.Mutex
	streak    map[string]int
	counted   map[string]time.Time     // the last run that counted
	apart     map[string]time.Duration // runs that are closer do not count
	after     int
	each      func(check.Run)
}

func (c *confirm) Record(_ context.Context, r check.Run) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.each != nil {
		c.each(r)
	}
	if r.Status != check.Unhealthy {
		c.streak[r.Integration] = 0
		return nil
	}
	if last, ok := c.counted[r.Integration]; c.streak[r.Integration] == 0 || !ok || r.Began.Sub(last) >= c.apart[r.Integration] {
		c.streak[r.Integration]++
		c.counted[r.Integration] = r.Began
	}
	if c.streak[r.Integration] < c.after {
		c.engine.Soon([]string{r.Integration, "no such integration"}, c.ancestors)
	}
	return nil
}

// confirming returns an engine whose sink asks for extra runs.
func confirming(t *testing.T, n *network, places int, all ...*Binding) (*Engine, *confirm) {
	t.Helper()
	c := &confirm{streak: map[string]int{}, counted: map[string]time.Time{}, apart: map[string]time.Duration{}, after: 3}
	c.engine = New(Options{
		Log: slog.New(slog.DiscardHandler), Life: t.Context(), MaxRunning: places, Sockets: sockets.NewPool(100_000),
		Contention: func() func() check.Contention { return func() check.Contention { return check.Contention{} } },
		Durable:    c,
	})
	for _, b := range all {
		b.Module = n
		c.apart[b.Name] = min(cmp.Or(b.Interval, time.Minute)/2, 10*time.Second)
	}
	slices.SortFunc(all, func(a, b *Binding) int { return strings.Compare(a.Name, b.Name) })
	c.engine.Bind(all)
	return c.engine, c
}

// TestPendingRunsAgainSoon checks when a failing integration runs: at its phase, twice
// more 10 s apart, and then at its phase.
func TestPendingRunsAgainSoon(t *testing.T) {
	for _, test := range []struct {
		interval, takes time.Duration
		want            []time.Duration // from the first regular run
	}{
		{time.Minute, time.Millisecond, []time.Duration{0, 10 * time.Second, 20 * time.Second, time.Minute, 2 * time.Minute}},
		{15 * time.Second, time.Millisecond, []time.Duration{0, 10 * time.Second, 15 * time.Second, 20 * time.Second, 30 * time.Second, 45 * time.Second}},
		{10 * time.Second, time.Millisecond, []time.Duration{0, 10 * time.Second, 20 * time.Second, 30 * time.Second}},
		{time.Second, time.Millisecond, []time.Duration{0, time.Second, 2 * time.Second, 3 * time.Second}},
		{time.Minute, 8 * time.Second, []time.Duration{0, 10 * time.Second, 20 * time.Second, time.Minute}},
		{time.Minute, 10 * time.Second, []time.Duration{0, 10 * time.Second, 20 * time.Second, time.Minute}}, // it hangs
	} {
		synctest.Test(t, func(t *testing.T) {
			n := newNetwork()
			b := newBinding("web", test.interval)
			e, _ := confirming(t, n, 100, b)
			// Its first run, and the regular ones before the failure, are healthy.
			n.takes = func(string) time.Duration { return test.takes }
			failed := 2 * test.interval
			n.fails = func(string) bool { return time.Since(n.origin) > failed }
			runFor(t, e, 2*test.interval+3*time.Minute)
			at := n.starts("web")
			from := slices.IndexFunc(at, func(d time.Duration) bool { return d > failed-test.takes })
			if from < 0 || len(at) < from+len(test.want) {
				t.Fatalf("%v: ran at %v", test.interval, at)
			}
			for k, want := range test.want {
				if got := at[from+k] - at[from]; got != want {
					t.Errorf("interval %v, takes %v: run %d is %v after the first that failed, want %v (%v)", test.interval, test.takes, k, got, want, at[from:])
					break
				}
			}
			if n.overlap > 0 {
				t.Errorf("%d runs overlapped", n.overlap)
			}
		})
	}
}

func TestPendingRunsAgainWithoutInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		e, _ := confirming(t, n, 100, newBinding("demand", 0))
		time.AfterFunc(time.Minute, func() { _, _ = e.Health(t.Context(), Query{}) })
		runFor(t, e, 10*time.Minute)
		if at := n.starts("demand"); len(at) != 3 || at[1]-at[0] != soonAfter || at[2]-at[1] != soonAfter {
			t.Errorf("ran at %v", at)
		}
	})
}

// TestGoodAgainNeedsNoExtraRun checks that a target that recovers before it is confirmed
// to fail runs at its phase again.
func TestGoodAgainNeedsNoExtraRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		e, _ := confirming(t, n, 100, newBinding("web", time.Minute))
		fail := true
		n.fails = func(string) bool { defer func() { fail = false }(); return fail }
		runFor(t, e, 5*time.Minute)
		at := n.starts("web")
		if len(at) < 6 || at[1]-at[0] != soonAfter {
			t.Fatalf("ran at %v", at)
		}
		for k := 3; k < len(at); k++ {
			if at[k]-at[k-1] != time.Minute {
				t.Errorf("ran at %v", at)
			}
		}
	})
}

// TestPollsDoNotDelayConfirmation asks for the health of an integration 3 s and 7 s after
// it failed: it still runs again 10 s after it failed.
func TestPollsDoNotDelayConfirmation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		e, _ := confirming(t, n, 100, newBinding("web", 0))
		for _, after := range []time.Duration{0, 3 * time.Second, 7 * time.Second} {
			time.AfterFunc(time.Minute+after, func() { _, _ = e.Health(t.Context(), Query{}) })
		}
		runFor(t, e, 3*time.Minute)
		want := []time.Duration{60 * time.Second, 63 * time.Second, 67 * time.Second, 70 * time.Second, 80 * time.Second}
		if at := n.starts("web"); !slices.Equal(at, want) {
			t.Errorf("ran at %v, want %v", at, want)
		}
	})
}

// TestAncestorsRunNow lets a thousand children fail at the same time, one dead root above
// them. The root runs at once, and then at most once in 10 s.
func TestAncestorsRunNow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		all := []*Binding{newBinding("root", 10*time.Minute)}
		for k := range 1000 {
			all = append(all, newBinding(fmt.Sprintf("child-%d", k), time.Minute))
		}
		e, c := confirming(t, n, 1024, all...)
		c.ancestors = []string{"root", "nobody"}
		n.takes = func(name string) time.Duration {
			if name == "root" {
				return 3 * time.Second
			}
			return time.Millisecond
		}
		first := time.Duration(0)
		c.each = func(r check.Run) {
			if first == 0 && r.Integration != "root" {
				first = time.Since(n.origin)
			}
		}
		runFor(t, e, 2*time.Minute)
		at := n.starts("root")
		if len(at) < 3 || len(at) > 13 {
			t.Fatalf("the root ran %d times: %v", len(at), at)
		}
		if !slices.ContainsFunc(at, func(d time.Duration) bool { return d == first || d < first && d > first-3*time.Second }) {
			t.Errorf("the first child failed at %v, the root ran at %v", first, at)
		}
		close := 0
		for k := 1; k < len(at); k++ {
			if at[k]-at[k-1] < soonAfter {
				close++
			}
		}
		if close > 2 { // its first run and its regular one may be next to an extra one
			t.Errorf("the root ran at %v", at)
		}
	})
}

// TestHungChildrenDoNotDelayTheirAncestor has one place for extra runs, which a child
// that hangs holds.
func TestHungChildrenDoNotDelayTheirAncestor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		e, _ := confirming(t, n, 8, newBinding("child-a", 0), newBinding("child-b", 0), newBinding("root", 0))
		n.takes = func(name string) time.Duration {
			if strings.HasPrefix(name, "child") {
				return time.Hour
			}
			return time.Millisecond
		}
		time.AfterFunc(time.Minute, func() { e.Soon([]string{"child-a", "child-b"}, nil) })
		time.AfterFunc(time.Minute+time.Second, func() { e.Soon(nil, []string{"root"}) })
		runFor(t, e, 2*time.Minute)
		if a, b := n.starts("child-a"), n.starts("child-b"); a[0] != time.Minute || b[0] != a[0]+10*time.Second {
			t.Errorf("the children ran at %v and %v", a, b)
		}
		if at := n.starts("root"); at[0] != time.Minute+time.Second {
			t.Errorf("the root ran at %v", at)
		}
	})
}

// TestExtraRunsAreBounded makes 5,000 integrations pending at once, some of whose targets
// hang. Extra runs take a tenth of the places, the regular runs of others are on time,
// and requests that wait have no goroutine.
func TestExtraRunsAreBounded(t *testing.T) {
	for _, takes := range []time.Duration{20 * time.Millisecond, time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			const many, places = 5000, 200
			n := newNetwork()
			var all []*Binding
			var names []string
			for k := range many {
				name := fmt.Sprintf("bad-%04d", k)
				all, names = append(all, newBinding(name, 0)), append(names, name)
			}
			for k := range 20 {
				all = append(all, newBinding(fmt.Sprintf("good-%d", k), 5*time.Second))
			}
			e, c := confirming(t, n, places, all...)
			bad := func(name string) bool { return strings.HasPrefix(name, "bad") }
			n.counted, n.fails = bad, bad
			n.takes = func(name string) time.Duration {
				if bad(name) {
					return takes
				}
				return 20 * time.Millisecond
			}
			unknown := 0
			c.each = func(r check.Run) {
				if r.Status == check.Unknown {
					unknown++
				}
			}
			goroutines, waiting := 0, 0
			time.AfterFunc(time.Minute, func() { e.Soon(names, nil); e.Soon(names, nil) })
			time.AfterFunc(time.Minute+5*time.Second, func() {
				goroutines = runtime.NumGoroutine()
				e.soon.mu.Lock()
				defer e.soon.mu.Unlock()
				waiting = len(e.soon.pending.queue)
			})
			runFor(t, e, 4*time.Minute)
			if n.most != places/10 || n.overlap > 0 {
				t.Errorf("%d extra runs were in progress, %d overlapped; want %d", n.most, n.overlap, places/10)
			}
			if takes > time.Second && (waiting < many-100 || goroutines > 100) {
				t.Errorf("%d goroutines while %d requests wait", goroutines, waiting)
			}
			if takes < time.Second {
				for _, name := range names {
					if at := n.starts(name); len(at) != 3 {
						t.Fatalf("%s ran at %v", name, at)
					}
				}
			}
			if unknown > 0 {
				t.Errorf("%d runs found no place", unknown)
			}
			for k := range 20 {
				at := n.starts(fmt.Sprintf("good-%d", k))
				for m := 2; m < len(at); m++ {
					if at[m]-at[m-1] != 5*time.Second {
						t.Fatalf("good-%d ran at %v", k, at)
					}
				}
			}
		})
	}
}

// TestSoonIgnoresWhatCannotRun covers integrations that don't exist, are disabled, have
// no module, are removed before they are due, or are asked for while vega shuts down.
func TestSoonIgnoresWhatCannotRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		all := func() []*Binding {
			off, refused := newBinding("off", 0), newBinding("refused", 0)
			off.Enabled = false
			return []*Binding{newBinding("changed", 0), newBinding("disabled", 0), newBinding("kept", 0), off, refused, newBinding("removed", 0), newBinding("restored", 0)}
		}
		e, c := confirming(t, n, 100, all()...)
		c.after = 0
		bound := all()
		for k, b := range bound {
			if b.Module = n; b.Name == "refused" {
				bound[k].Module = nil
			}
		}
		e.Bind(bound)
		ask := []string{"changed", "disabled", "kept", "nobody", "", "off", "refused", "removed", "restored"}
		at := func(d time.Duration, f func()) { time.AfterFunc(d, f) }
		at(time.Minute, func() { _, _ = e.Health(t.Context(), Query{}) })
		at(time.Minute+time.Second, func() { e.Soon(ask, []string{"off", "refused", "nobody"}) })
		at(time.Minute+2*time.Second, func() {
			next := slices.Clone(bound)
			changed, disabled := *bound[0], *bound[1]
			changed.Timeout, disabled.Enabled = time.Second, false
			next[0], next[1] = &changed, &disabled
			e.Bind(next[:5])                     // without the last two
			e.Bind(append(next[:5:5], bound[6])) // one of them is back
		})
		at(2*time.Minute, func() { e.Drain(); e.Soon(ask, ask) })
		runFor(t, e, 3*time.Minute)
		for name, want := range map[string]int{"changed": 2, "disabled": 1, "kept": 2, "off": 0, "refused": 0, "removed": 1, "restored": 1} {
			if got := n.starts(name); len(got) != want {
				t.Errorf("%s ran at %v, want %d runs", name, got, want)
			}
		}
		e.soon.mu.Lock()
		defer e.soon.mu.Unlock()
		if e.soon.running != 0 || len(e.soon.ancestors.queue)+len(e.soon.pending.queue) != 0 || e.soon.pending.known != nil {
			t.Errorf("at the end: %d running, %+v, %+v", e.soon.running, e.soon.pending, e.soon.ancestors)
		}
	})
}

// TestSoonDuringReloadsAndPolls calls everything at random from several goroutines. No
// integration runs twice at the same time, and the count of extra runs returns to 0.
func TestSoonDuringReloadsAndPolls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		var all []*Binding
		var names []string
		for k := range 60 {
			name := fmt.Sprintf("i%02d", k)
			all, names = append(all, newBinding(name, time.Duration(k%4)*11*time.Second)), append(names, name)
		}
		e, c := confirming(t, n, 30, all...)
		c.after = 5
		n.fails = func(string) bool { return rand.IntN(2) == 0 }
		n.takes = func(string) time.Duration { return time.Duration(rand.IntN(15)) * time.Second }
		for g := range uint64(4) {
			go func() {
				r := rand.New(rand.NewPCG(g, 1))
				for t.Context().Err() == nil {
					time.Sleep(time.Duration(r.IntN(3000)) * time.Millisecond)
					some := func() []string { from := r.IntN(len(names)); return names[from : from+r.IntN(len(names)-from)] }
					switch r.IntN(4) {
					case 0:
						next := slices.Clone(all)
						for k := range next {
							b := *next[k]
							b.Timeout += time.Duration(r.IntN(2)) * time.Second
							b.Enabled = r.IntN(10) > 0
							next[k] = &b
						}
						e.Bind(next[r.IntN(20):])
					case 1:
						ctx, cancel := context.WithTimeout(t.Context(), time.Second)
						_, _ = e.Health(ctx, Query{Names: some()})
						cancel()
					default:
						e.Soon(some(), some())
					}
					if e.places.report().Used > 30 {
						t.Error("too many runs")
					}
					select {
					case <-e.Draining():
						return
					default:
					}
				}
			}()
		}
		runFor(t, e, 10*time.Minute)
		synctest.Wait()
		e.soon.mu.Lock()
		defer e.soon.mu.Unlock()
		if e.soon.running != 0 || n.overlap > 0 {
			t.Errorf("%d extra runs are counted at the end, %d overlapped", e.soon.running, n.overlap)
		}
	})
}

// instant is a module whose targets respond at once.
type instant struct{ unmanaged }

func (instant) Run(context.Context, plugins.Input) plugins.Result {
	return plugins.Result{Status: check.Healthy}
}

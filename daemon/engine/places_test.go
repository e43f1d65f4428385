package engine

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
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

// target is a module whose runs take as long as their target takes to respond, or
// their whole timeout.
type target struct {
	mu    sync.Mutex
	hangs bool
	takes time.Duration
}

func (m *target) Run(ctx context.Context, in plugins.Input) plugins.Result {
	m.mu.Lock()
	hangs, takes := m.hangs, m.takes
	m.mu.Unlock()
	if hangs || takes > in.Timeout {
		time.Sleep(in.Timeout)
		return plugins.Result{Status: check.Unhealthy, Cause: check.Timeout, Took: in.Timeout}
	}
	time.Sleep(takes)
	return plugins.Result{Status: check.Healthy, Took: takes}
}
func (*target) Retain()        {}
func (*target) Release() error { return nil }

func (m *target) hang(yes bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.hangs = yes
}

// fleet is a set of integrations, some of whose targets never respond.
type fleet struct {
	hung, good        int
	interval, timeout time.Duration // of the hung ones
	places            int
	respond           bool            // the hung ones respond at first
	each              func(check.Run) // is called with each run, if not nil
}

// outcomes counts the runs of a fleet.
type outcomes struct {
	mu   sync.Mutex
	from time.Time // earlier runs do not count
	n    map[string]int
	each func(check.Run)
	late time.Duration // the longest time that a run of a good target took
}

func (o *outcomes) Record(_ context.Context, r check.Run) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if r.Began.Before(o.from) {
		return nil
	}
	if o.each != nil {
		o.each(r)
	}
	kind, _, _ := strings.Cut(r.Integration, "-")
	o.n[fmt.Sprintf("%s %s/%s", kind, r.Status, r.Cause)]++
	if kind == "good" {
		o.late = max(o.late, time.Since(r.Began))
	}
	return nil
}

// run runs a fleet in virtual time for warmUp and then counts outcomes for counted.
// between is called at the end of warmUp.
func (f fleet) run(t *testing.T, warmUp, counted time.Duration, between func(good, hung *target)) (o *outcomes, p Places) {
	t.Helper()
	good, hung := &target{takes: 50 * time.Millisecond}, &target{hangs: !f.respond}
	synctest.Test(t, func(t *testing.T) {
		o = &outcomes{from: time.Now().Add(warmUp), n: map[string]int{}, each: f.each}
		e := New(Options{
			Log: slog.New(slog.DiscardHandler), Life: t.Context(), MaxRunning: 1024, Sockets: sockets.NewPool(10000),
			Contention: func() func() check.Contention { return func() check.Contention { return check.Contention{} } },
			Durable:    o,
		})
		e.Fit(f.places, "the memory limit of 64MiB")
		var all []*Binding
		for n := range f.hung {
			b := newBinding(fmt.Sprintf("hung-%d", n), f.interval)
			b.Timeout, b.Module = f.timeout, hung
			all = append(all, b)
		}
		for n := range f.good {
			b := newBinding(fmt.Sprintf("good-%d", n), 5*time.Second)
			b.Timeout, b.Module = 3*time.Second, good
			all = append(all, b)
		}
		slices.SortFunc(all, func(a, b *Binding) int { return strings.Compare(a.Name, b.Name) })
		e.Bind(all)
		time.AfterFunc(warmUp, func() {
			if between != nil {
				between(good, hung)
			}
		})
		runFor(t, e, warmUp+counted)
		p = e.Places()
	})
	return o, p
}

// TestHungTargetsDoNotDelayOthers runs targets that hang next to good ones, with
// places for a small part of them. From the start, all good ones are healthy; once
// each hung one has been tried, the good ones do not wait.
func TestHungTargetsDoNotDelayOthers(t *testing.T) {
	for _, f := range []fleet{
		{hung: 50, good: 20, interval: 10 * time.Second, timeout: 10 * time.Second, places: 8},
		{hung: 400, good: 20, interval: 10 * time.Second, timeout: 10 * time.Second, places: 8},
		{hung: 2000, good: 20, interval: 10 * time.Second, timeout: 10 * time.Second, places: 80},
		{hung: 2000, good: 20, interval: time.Minute, timeout: 10 * time.Second, places: 8},
		{hung: 2000, good: 20, interval: time.Minute, timeout: 30 * time.Second, places: 272},
	} {
		warmUp := f.interval + 2*f.timeout
		o, p := f.run(t, 0, warmUp, nil)
		if want := f.good * int(warmUp/(5*time.Second)); o.n["good healthy/"] < want || o.n["good unknown/host"] > 0 || o.n["hung unhealthy/timeout"] == 0 {
			t.Errorf("%+v, from the start: %v, %+v", f, o.n, p)
		}
		o, p = f.run(t, warmUp, 2*time.Minute, nil)
		if want := f.good * (2*60/5 - 1); o.n["good healthy/"] < want || o.n["good unknown/host"] > 0 || o.late > 50*time.Millisecond || o.n["hung unhealthy/timeout"] == 0 {
			t.Errorf("%+v, later: %v, the slowest took %v, %+v", f, o.n, o.late, p)
		}
	}
}

// TestRecoveredTargetsAreNoticed makes all targets respond again after most of them
// hung: each is healthy within two intervals.
func TestRecoveredTargetsAreNoticed(t *testing.T) {
	f := fleet{hung: 400, good: 20, interval: 10 * time.Second, timeout: 10 * time.Second, places: 20}
	o, p := f.run(t, time.Minute, 30*time.Second, func(_, hung *target) { hung.hang(false) })
	if o.n["hung healthy/"] < 2*f.hung {
		t.Errorf("%v, %+v", o.n, p)
	}
}

// TestEachHungTargetHasItsTurn counts how many hung targets are reported as
// unhealthy once there are too few places for all.
func TestEachHungTargetHasItsTurn(t *testing.T) {
	var mu sync.Mutex
	judged := map[string]int{}
	f := fleet{hung: 60, good: 1, interval: 10 * time.Second, timeout: 10 * time.Second, places: 20}
	f.each = func(r check.Run) {
		mu.Lock()
		defer mu.Unlock()
		if r.Status == check.Unhealthy {
			judged[r.Integration]++
		}
	}
	f.run(t, 0, 10*time.Minute, nil)
	for n := range f.hung {
		if name := fmt.Sprintf("hung-%d", n); judged[name] == 0 {
			t.Errorf("%s was never found unhealthy", name)
		}
	}
}

// TestAllTargetsHangAtOnce makes targets hang that all responded before. Those that
// respond again are healthy, and a limit that is raised takes effect.
func TestAllTargetsHangAtOnce(t *testing.T) {
	f := fleet{hung: 500, good: 20, interval: 10 * time.Second, timeout: 10 * time.Second, places: 40, respond: true}
	o, p := f.run(t, time.Minute, time.Minute, func(_, hung *target) { hung.hang(true) })
	if o.n["good healthy/"] < 20*11 || o.n["good unknown/host"] > 0 || o.n["hung unhealthy/timeout"] == 0 {
		t.Errorf("%v, %+v", o.n, p)
	}
}

// TestPlacesCanChange takes places away and gives them back while runs wait.
func TestPlacesCanChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := places{size: 2}
		began := make(chan *waiter, 4)
		for range 4 {
			now := time.Now()
			w := &waiter{began: now, deadline: now.Add(time.Minute)}
			w.start = func(err error) {
				if err == nil {
					began <- w
				}
			}
			if p.enter(w) {
				w.start(nil)
			}
		}
		synctest.Wait()
		if r := p.report(); r.Used != 2 || r.Waiting != 2 {
			t.Fatalf("%+v", r)
		}
		p.resize(1)
		p.give(<-began)
		if r := p.report(); r.Used != 1 || r.Waiting != 2 {
			t.Fatalf("after one ended: %+v", r)
		}
		p.resize(3)
		if r := p.report(); r.Used != 3 || r.Waiting != 0 || r.NotStarted != 0 {
			t.Fatalf("with three places: %+v", r)
		}
		for range 3 {
			p.give(<-began)
		}
		if r := p.report(); r.Used != 0 || p.brief != [lanes]int{} || p.turns != 0 {
			t.Fatalf("at the end: %+v", r)
		}
	})
}

// TestRunsThatWaitHaveNoGoroutine counts goroutines while 2,000 runs wait, which end
// at their deadline, at shutdown, or because too many wait.
func TestRunsThatWaitHaveNoGoroutine(t *testing.T) {
	const waiting = 2000
	for _, test := range []struct {
		lane lane
		end  func(*places)
		want map[error]int
		late int64
	}{
		{untried, func(*places) { time.Sleep(time.Minute) }, map[error]int{errLate: waiting}, waiting},
		{untried, (*places).close, map[error]int{ErrClosing: waiting}, 0},
		{slow, (*places).close, map[error]int{ErrClosing: minQueue, errFull: waiting - minQueue}, waiting - minQueue},
	} {
		synctest.Test(t, func(t *testing.T) {
			p := places{size: 1}
			if holds := (&waiter{began: time.Now(), deadline: time.Now().Add(time.Hour)}); !p.enter(holds) {
				t.Fatal("the first has no place")
			}
			var mu sync.Mutex
			ended := map[error]int{}
			before, most := runtime.NumGoroutine(), 0
			for range waiting {
				w := &waiter{lane: test.lane, began: time.Now(), deadline: time.Now().Add(time.Minute)}
				w.start = func(err error) {
					mu.Lock()
					defer mu.Unlock()
					ended[err]++
					most = max(most, runtime.NumGoroutine())
				}
				p.enter(w)
			}
			synctest.Wait()
			if n := runtime.NumGoroutine() - before; n > 2 {
				t.Errorf("%d goroutines while %d runs wait", n, waiting)
			}
			test.end(&p)
			synctest.Wait()
			if r := p.report(); !maps.Equal(ended, test.want) || r.Waiting != 0 || r.NotStarted != test.late {
				t.Errorf("%v, %+v", ended, r)
			}
			if most > before+maxRefusing+2 {
				t.Errorf("%d goroutines at the end, %d before", most, before)
			}
		})
	}
}

package scheduler

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// Tokens are handed over first come, first served, and giving up loses none.
func TestQueueIsFair(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := Queue{free: 1}
		if !q.take(t.Context(), false) {
			t.Fatal("there was one")
		}
		var served []int
		var all sync.WaitGroup
		for n := range 6 {
			all.Go(func() {
				patience := time.Hour
				if n%2 == 1 {
					patience = time.Second
				}
				ctx, cancel := context.WithTimeout(t.Context(), patience)
				defer cancel()
				if q.take(ctx, n%3 == 0) {
					served = append(served, n)
					q.give()
				}
			})
			synctest.Wait()
		}
		time.Sleep(2 * time.Second)
		q.give()
		all.Wait()
		if !slices.Equal(served, []int{0, 2, 4}) || q.free != 1 || q.Waiting() {
			t.Errorf("served %v, %d free, %d waiting", served, q.free, q.waiters.Len()+q.ahead.Len())
		}
	})
}

// A run that returns from a host call is served before those that have not begun, until
// it has computed for a time slice.
func TestRunsUnderwayGoFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := &Queue{free: 1}
		begin := func(computed time.Duration) *Lease {
			l := leaseOf(t, q, time.Minute)
			l.Take()
			time.Sleep(computed)
			l.Give()
			return l
		}
		light, heavy, charged := begin(slice-1), begin(slice), begin(0)
		charged.Charge(slice)
		holder := leaseOf(t, q, time.Minute)
		holder.Take()
		var served []string
		var all sync.WaitGroup
		for _, r := range []struct {
			name  string
			lease *Lease
		}{{"heavy", heavy}, {"new", leaseOf(t, q, time.Minute)}, {"charged", charged}, {"light", light}} {
			all.Go(func() {
				r.lease.Take()
				served = append(served, r.name)
				r.lease.Give()
			})
			synctest.Wait()
		}
		holder.Give()
		all.Wait()
		if !slices.Equal(served, []string{"light", "heavy", "new", "charged"}) {
			t.Errorf("served %v", served)
		}
	})
}

// Hundreds of runs that are due at once are in progress one after the other if their
// targets answer, and all at the same time if they don't.
func TestRunsInProgressFollowTheTargets(t *testing.T) {
	const runs, compute = 200, 100 * time.Microsecond
	for _, c := range []struct {
		target time.Duration
		most   int
	}{{0, 2}, {compute, 3}, {10 * compute, 12}, {time.Minute, runs}} {
		synctest.Test(t, func(t *testing.T) {
			q := &Queue{free: 1}
			var inProgress, most int
			var all sync.WaitGroup
			for range runs {
				all.Go(func() {
					l := leaseOf(t, q, time.Minute)
					l.Take()
					inProgress++
					most = max(most, inProgress)
					time.Sleep(compute)
					l.Give()
					time.Sleep(c.target)
					l.Take()
					time.Sleep(compute)
					inProgress--
					l.Give()
				})
			}
			all.Wait()
			if most > c.most || c.target == time.Minute && most < runs {
				t.Errorf("targets that answer after %v: %d of %d runs were in progress; want %d", c.target, most, runs, c.most)
			}
		})
	}
}

// Tokens are neither lost nor created, even if a wait ends while one is handed
// over.
func TestQueueHammer(t *testing.T) {
	q := Queue{free: 3}
	var mu sync.Mutex
	holding := 0
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			for n := range 500 {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(n%50)*time.Microsecond)
				if q.take(ctx, n%3 == 0) {
					mu.Lock()
					holding++
					if holding > 3 {
						t.Errorf("%d hold a token", holding)
					}
					mu.Unlock()
					time.Sleep(time.Microsecond)
					mu.Lock()
					holding--
					mu.Unlock()
					q.give()
				}
				cancel()
			}
		})
	}
	all.Wait()
	if q.free != 3 || q.Waiting() {
		t.Errorf("%d free, %d waiting", q.free, q.waiters.Len()+q.ahead.Len())
	}
}

// A run that used more than a fifth of its budget, or all the time it had, sends
// its probe to the slow queue until a few runs in a row have used little.
func TestQueueFollowsWhatRunsUsed(t *testing.T) {
	s := New(time.Second)
	var h History
	job := Job{Probe: "p", Integration: "i"}
	ran := func(used time.Duration, overran bool) {
		h.Record(job, &Lease{budget: time.Second, measured: used, overran: overran})
	}
	slow := func() bool { return h.Queue(s, job) == s.Slow() }
	for _, heavy := range []struct {
		used    time.Duration
		overran bool
	}{{201 * time.Millisecond, false}, {time.Millisecond, true}} {
		if ran(200*time.Millisecond, false); slow() {
			t.Error("a fifth of the budget counts as heavy")
		}
		if ran(heavy.used, heavy.overran); !slow() {
			t.Errorf("%+v counts as light", heavy)
		}
		for range cooldown {
			if !slow() {
				t.Error("the cooldown ended early")
			}
			ran(time.Millisecond, false)
		}
		if slow() {
			t.Error("the cooldown did not end")
		}
	}
}

// Only a run that had the processor shows how long the job computes.
func TestHistoryOfStoppedRuns(t *testing.T) {
	var h History
	job := Job{Probe: "p", Integration: "i"}
	for _, c := range []struct {
		of   string
		run  *Lease
		want bool
	}{
		{"a heavy run", &Lease{measured: time.Second / 2}, false},
		{"one whose budget was used up", &Lease{measured: time.Second, spent: true}, true},
		{"one that waited in vain", &Lease{measured: time.Millisecond, overran: true, starved: true}, true},
		{"a light one", &Lease{measured: time.Millisecond}, false},
		{"one that waited in vain, after a light one", &Lease{measured: time.Millisecond, overran: true, starved: true}, false},
		{"one that computed at its end", &Lease{measured: time.Second, overran: true}, true},
	} {
		c.run.budget = time.Second
		h.Record(job, c.run)
		if h.Stopped(job) != c.want || h.Stopped(Job{Probe: "p", Integration: "new"}) != c.want {
			t.Errorf("after %s: stopped is not %v", c.of, c.want)
		}
	}
}

// An integration that has never run starts where its probe's other runs are.
func TestNewIntegrationsInheritFromTheProbe(t *testing.T) {
	s := New(time.Second)
	var h History
	h.Record(Job{Probe: "p", Integration: "i"}, &Lease{budget: time.Second, measured: time.Second})
	if h.Queue(s, Job{Probe: "p", Integration: "new"}) != s.Slow() {
		t.Error("it starts in the fast queue")
	}
	if h.Queue(s, Job{Probe: "other", Integration: "new"}) != s.Fast() {
		t.Error("another probe starts in the slow queue")
	}
}

// leaseOf returns a lease in a queue, whose context ends with it.
func leaseOf(t *testing.T, q *Queue, budget time.Duration) *Lease {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	return &Lease{queue: q, budget: budget, ctx: ctx, end: cancel}
}

func used(l *Lease) time.Duration {
	measured, charged := l.Used()
	return measured + charged
}

// Charged work counts towards the budget, with or without a token.
func TestChargedWorkUsesTheBudget(t *testing.T) {
	for _, holding := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			lease := leaseOf(t, &Queue{free: 1}, time.Second)
			lease.Take()
			if !holding {
				lease.Give()
			}
			lease.Charge(600 * time.Millisecond)
			if lease.Spent() || lease.ctx.Err() != nil || used(lease) != 600*time.Millisecond {
				t.Errorf("holding %v: ended after %v", holding, used(lease))
			}
			lease.Charge(400 * time.Millisecond)
			if !lease.Spent() || lease.ctx.Err() == nil {
				t.Errorf("holding %v: not ended after %v", holding, used(lease))
			}
			lease.Give()
		})
	}
}

// Work that can't be paused holds a token of a queue of its own, so that other
// runs go on meanwhile, and returns it.
func TestUnpausedWorkDelaysItsKindOnly(t *testing.T) {
	all := New(time.Second)
	for name, home := range map[string]*Queue{"bundled": &all.bundled, "fast": &all.fast} {
		free := home.free
		lease := leaseOf(t, home, time.Second)
		lease.Take()
		lease.Give()
		done := lease.Unpaused(func() {
			if home.free != free || home.unpaused.free != 0 || lease.queue != home.unpaused {
				t.Errorf("%s: %d and %d tokens are free", name, home.free, home.unpaused.free)
			}
		})
		if !done || home.free != free || home.unpaused.free != 1 || lease.queue != home {
			t.Errorf("%s: %v, %d and %d tokens are free", name, done, home.free, home.unpaused.free)
		}
		lease.end()
		if lease.Unpaused(func() { t.Error("it began after its end") }) {
			t.Error("it reports that it was done")
		}
	}
	if all.slow.unpaused != &all.slow {
		t.Error("the slow queue has a second queue, although nobody yields in it")
	}
}

// Unpaused work is measured by the CPU time of its thread and not by the wall
// clock, since it may wait for a disk.
func TestUnpausedWorkIsMeasuredByItsThread(t *testing.T) {
	if threadClock() == nil {
		t.Skip("this system does not report the CPU time of a thread")
	}
	q := &Queue{free: 1}
	q.unpaused = &Queue{free: 1}
	lease := leaseOf(t, q, time.Hour)
	lease.Take()
	lease.Give()
	before := used(lease)
	lease.Unpaused(func() { time.Sleep(300 * time.Millisecond) })
	if used := used(lease) - before; used > 150*time.Millisecond {
		t.Errorf("sleeping counts as computing: %v", used)
	}
	before = used(lease)
	lease.Unpaused(func() {
		for clock := threadClock(); clock() < 20*time.Millisecond; {
		}
	})
	if used := used(lease) - before; used < 20*time.Millisecond {
		t.Errorf("computing does not count: %v", used)
	}
}

package plugins

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// First come, first served; who gives up waiting costs nobody a token.
func TestLaneIsFair(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := lane{free: 1}
		if !l.take(t.Context()) {
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
				if l.take(ctx) {
					served = append(served, n)
					l.give()
				}
			})
			synctest.Wait()
		}
		time.Sleep(2 * time.Second)
		l.give()
		all.Wait()
		if !slices.Equal(served, []int{0, 2, 4}) || l.free != 1 || l.queue.Len() != 0 {
			t.Errorf("served %v, %d free, %d in line", served, l.free, l.queue.Len())
		}
	})
}

// Tokens are neither lost nor made, also where patience ends as one is handed
// over.
func TestLaneHammer(t *testing.T) {
	l := lane{free: 3}
	var mu sync.Mutex
	holding := 0
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			for n := range 500 {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(n%50)*time.Microsecond)
				if l.take(ctx) {
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
					l.give()
				}
				cancel()
			}
		})
	}
	all.Wait()
	if l.free != 3 || l.queue.Len() != 0 {
		t.Errorf("%d free, %d in line", l.free, l.queue.Len())
	}
}

// Who took over a fifth of its budget, or all the time that it had, waits in
// the slow line until it took little in a few runs.
func TestLaneFollowsWhatRunsTook(t *testing.T) {
	s := &Sandbox{tokens: newTokens(time.Second)}
	m := &Module{sandbox: s}
	in := &Input{Integration: "i", Probe: "p"}
	ran := func(used time.Duration, overran bool) {
		m.record.keep(in, &turn{budget: time.Second, used: used, overran: overran})
	}
	slow := func() bool { return m.laneOf(in) == &s.tokens.slow }
	for _, heavy := range []struct {
		used    time.Duration
		overran bool
	}{{201 * time.Millisecond, false}, {time.Millisecond, true}} {
		if ran(200*time.Millisecond, false); slow() {
			t.Error("a fifth of the budget is not much")
		}
		if ran(heavy.used, heavy.overran); !slow() {
			t.Errorf("%+v is much", heavy)
		}
		for range penance {
			if !slow() {
				t.Error("it is trusted too soon")
			}
			ran(time.Millisecond, false)
		}
		if slow() {
			t.Error("it took little for long")
		}
	}
}

// turnIn is a turn in a lane, and the context that its end ends.
func turnIn(t *testing.T, l *lane, budget time.Duration) *turn {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	return &turn{lane: l, budget: budget, ctx: ctx, end: cancel}
}

// What is paid for is part of the budget, whether a token is held or not.
func TestPaidWorkUsesTheBudget(t *testing.T) {
	for _, holding := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			turn := turnIn(t, &lane{free: 1}, time.Second)
			turn.take()
			if !holding {
				turn.give()
			}
			turn.pay(600 * time.Millisecond)
			if turn.over() || turn.ctx.Err() != nil || turn.computed() != 600*time.Millisecond {
				t.Errorf("holding %v: ended after %v", holding, turn.computed())
			}
			turn.pay(400 * time.Millisecond)
			if !turn.over() || turn.ctx.Err() == nil {
				t.Errorf("holding %v: not ended after %v", holding, turn.computed())
			}
			turn.give()
		})
	}
}

// What can't be paused holds a token of the line beside, so that those who can
// go on meanwhile, and gives it back.
func TestUnpausedWorkHoldsUpItsLikeOnly(t *testing.T) {
	all := newTokens(time.Second)
	for name, home := range map[string]*lane{"bundled": &all.bundled, "fast": &all.fast} {
		free := home.free
		turn := turnIn(t, home, time.Second)
		turn.take()
		turn.give()
		done := turn.withoutPause(func() {
			if home.free != free || home.unpaused.free != 0 || turn.lane != home.unpaused {
				t.Errorf("%s: %d and %d tokens are free", name, home.free, home.unpaused.free)
			}
		})
		if !done || home.free != free || home.unpaused.free != 1 || turn.lane != home {
			t.Errorf("%s: %v, %d and %d tokens are free", name, done, home.free, home.unpaused.free)
		}
		turn.end()
		if turn.withoutPause(func() { t.Error("it began after its end") }) {
			t.Error("it says that it was done")
		}
	}
	if all.slow.unpaused != &all.slow {
		t.Error("in the slow line nobody gives way in any case")
	}
}

// The time of the thread counts for it, and not that on the wall: it may wait
// for a disk. Where the system does not tell, the wall has to do.
func TestUnpausedWorkIsMeasuredByItsThread(t *testing.T) {
	if threadClock() == nil {
		t.Skip("this system does not tell a thread's processor time")
	}
	l := &lane{free: 1}
	l.unpaused = &lane{free: 1}
	turn := turnIn(t, l, time.Hour)
	turn.take()
	turn.give()
	before := turn.computed()
	turn.withoutPause(func() { time.Sleep(300 * time.Millisecond) })
	if used := turn.computed() - before; used > 150*time.Millisecond {
		t.Errorf("sleeping counts as computing: %v", used)
	}
	before = turn.computed()
	turn.withoutPause(func() {
		for clock := threadClock(); clock() < 20*time.Millisecond; {
		}
	})
	if used := turn.computed() - before; used < 20*time.Millisecond {
		t.Errorf("computing does not count: %v", used)
	}
}

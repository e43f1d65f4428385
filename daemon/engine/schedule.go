package engine

import (
	"container/heap"
	"context"
	"math/bits"
	"sync"
	"time"

	"vega/daemon/telemetry"
)

// Run starts each enabled integration on its interval, until ctx ends or Drain is
// called. One goroutine and a heap schedule all integrations; only a run in
// progress has a goroutine of its own.
//
// Run measures time since its start on the monotonic clock, so setting the wall
// clock does not move runs. Phases are based on the wall clock at the start.
func (e *Engine) Run(ctx context.Context) {
	var beside sync.WaitGroup
	defer beside.Wait()
	beside.Go(func() { beats{e}.run(ctx) })
	origin := time.Now()
	due := e.ticks(origin, 0)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for last := time.Duration(0); ; {
		at := time.Since(origin)
		if at < last { // after 2157, Go has no monotonic clock, and the wall clock was set back
			origin, at = time.Now(), 0
			due = e.ticks(origin, at)
		}
		last = at
		for len(due) > 0 && due[0].at <= at {
			e.tick(due[0].integration, origin.Add(due[0].at))
			due[0].integration.first.due = false
			due[0].at = due[0].after(origin, at)
			heap.Fix(&due, 0)
		}
		next := e.startExtra(time.Now())
		if len(due) > 0 {
			next = earlier(next, origin.Add(due[0].at))
		}
		if !next.IsZero() {
			timer.Reset(time.Until(next))
		}
		select {
		case <-ctx.Done():
			return
		case <-e.halt:
			return
		case <-timer.C:
		case <-e.soon.changed:
		case <-e.changed:
			due = e.ticks(origin, at)
		}
	}
}

// earlier returns the earlier of two times. If a is zero, it returns b.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}

// tick starts a run, unless one is still in flight. A slow integration therefore
// skips ticks.
func (e *Engine) tick(i *integration, due time.Time) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	b, _ := i.current()
	if _, ok := b.staticReport(); ok || e.draining {
		return
	}
	e.join(telemetry.WithID(e.options.Life, telemetry.NewID()), i, due)
}

// tick is the next scheduled run of an integration.
type tick struct {
	at          time.Duration // since the origin
	every       time.Duration
	integration *integration
}

// ticks returns each integration's first tick after the given time, as a heap.
func (e *Engine) ticks(origin time.Time, after time.Duration) ticks {
	e.mu.RLock()
	defer e.mu.RUnlock()
	assignPhases(e.now.integrations)
	assignFirst(e.now.integrations, origin, time.Since(origin))
	var all ticks
	for _, i := range e.now.integrations {
		if b, _ := i.current(); b.Enabled && b.Interval > 0 {
			t := tick{every: b.Interval, integration: i}
			if t.at = t.after(origin, after); i.first.due {
				t.at = i.first.at
			}
			all = append(all, t)
		}
	}
	heap.Init(&all)
	return all
}

// after returns the first time later than at that matches the integration's phase on
// the wall clock. Integrations thus keep their phase across restarts and reloads,
// and a restart does not run all of them at the same time.
func (t *tick) after(origin time.Time, at time.Duration) time.Duration {
	wait := t.integration.phase.offset - sinceEpoch(origin.Add(at), t.every)
	if wait <= 0 {
		wait += t.every
	}
	return at + wait
}

// sinceEpoch returns the time from 1970 to t, modulo every. It is 0 before 1970. The
// nanoseconds of time.Time.UnixNano overflow in 2262.
func sinceEpoch(t time.Time, every time.Duration) time.Duration {
	high, low := bits.Mul64(uint64(max(0, t.Unix())), uint64(time.Second))
	low, carry := bits.Add64(low, uint64(t.Nanosecond()), 0)
	return time.Duration(bits.Rem64(high+carry, low, uint64(every)))
}

// ticks is a heap with the earliest tick on top.
type ticks []tick

func (t ticks) Len() int           { return len(t) }
func (t ticks) Less(i, j int) bool { return t[i].at < t[j].at }
func (t ticks) Swap(i, j int)      { t[i], t[j] = t[j], t[i] }

// Push implements heap.Interface.
func (t *ticks) Push(x any) { *t = append(*t, x.(tick)) }

// Pop implements heap.Interface.
func (t *ticks) Pop() any {
	old := *t
	last := old[len(old)-1]
	*t = old[:len(old)-1]
	return last
}

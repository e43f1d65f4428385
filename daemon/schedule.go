package daemon

import (
	"container/heap"
	"context"
	"errors"
	"time"

	"vega/daemon/telemetry"
)

// Run runs each integration every interval, and keeps modules in step with
// their directory, until ctx ends or Shutdown is called. What is in flight
// then goes on: Shutdown waits for it.
func (d *Daemon) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	d.mu.Lock()
	if d.draining {
		d.mu.Unlock()
		return errors.New("run: vega is shutting down")
	}
	d.started = true
	d.running.Go(func() { d.watch(ctx) })
	d.running.Go(func() { d.schedule(ctx) })
	d.running.Go(func() { d.housekeep(ctx) })
	d.mu.Unlock()
	select {
	case <-ctx.Done():
	case <-d.halt:
	}
	return nil
}

// schedule starts each integration at its phase. One goroutine and a heap
// serve any number of integrations; a goroutine is spent on a run only.
//
// Time is counted from the start on the monotonic clock, so that a wall clock
// set back or forth moves no run. The wall clock at the start fixes the phases.
func (d *Daemon) schedule(ctx context.Context) {
	origin := time.Now()
	due := d.ticks(origin, 0)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		at := time.Since(origin)
		for len(due) > 0 && due[0].at <= at {
			d.tick(due[0].integration)
			due[0].at = due[0].after(origin, at)
			heap.Fix(&due, 0)
		}
		if len(due) > 0 {
			timer.Reset(due[0].at - time.Since(origin))
		}
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		case <-d.changed:
			due = d.ticks(origin, at)
		}
	}
}

// tick starts a run. One still in flight is joined instead: a late integration
// skips a tick, and is never run twice at once.
func (d *Daemon) tick(i *integration) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	b, _ := i.known()
	if _, ok := b.standing(); ok || d.draining {
		return
	}
	d.join(telemetry.WithID(d.life, telemetry.NewID()), i)
}

// tick is when an integration runs next.
type tick struct {
	at          time.Duration // since the origin
	every       time.Duration
	integration *integration
}

// ticks are the next ticks after a time, soonest first.
func (d *Daemon) ticks(origin time.Time, after time.Duration) ticks {
	d.mu.RLock()
	defer d.mu.RUnlock()
	placeAll(d.now.integrations)
	var all ticks
	for _, i := range d.now.integrations {
		if b, _ := i.known(); b.Enabled && b.Interval > 0 {
			t := tick{every: b.Interval, integration: i}
			t.at = t.after(origin, after)
			all = append(all, t)
		}
	}
	heap.Init(&all)
	return all
}

// after is the first time later than at that has the integration's phase by
// the wall clock. So a run keeps its place across restarts and reloads, and no
// restart is a stampede.
func (t *tick) after(origin time.Time, at time.Duration) time.Duration {
	passed := time.Duration(origin.Add(at).UnixNano()) % t.every
	wait := t.integration.place.phase - passed
	if wait <= 0 {
		wait += t.every
	}
	return at + wait
}

// ticks is a heap, soonest first.
type ticks []tick

func (t ticks) Len() int           { return len(t) }
func (t ticks) Less(i, j int) bool { return t[i].at < t[j].at }
func (t ticks) Swap(i, j int)      { t[i], t[j] = t[j], t[i] }

// Push is heap.Interface's.
func (t *ticks) Push(x any) { *t = append(*t, x.(tick)) }

// Pop is heap.Interface's.
func (t *ticks) Pop() any {
	old := *t
	last := old[len(old)-1]
	*t = old[:len(old)-1]
	return last
}

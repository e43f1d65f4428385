package engine

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

// lane says how the last run of an integration ended, which decides how many of the
// places its next run may take.
type lane int

const (
	quick   lane = iota // it ended before its deadline
	untried             // none is known
	slow                // it lasted until its deadline
	lanes
)

// maxReserve limits how many places are reserved for the quick lane, and how many for
// untried runs that have waited for half of their timeout.
const maxReserve = 32

// minQueue is how many runs may wait in the slow lane, or four for each place if that
// is more. A waiting run takes about 10 KiB, and the last ones would find no place.
const minQueue = 64

// errFull is returned by take if too many runs are waiting.
var errFull = errors.New("too many checks are waiting")

// places limits how many runs are in progress. If there are fewer places than runs,
// runs that are likely to end soon come first, so targets that hang do not delay the
// checks of those that respond. Some places are reserved for the quick lane. Others,
// in the quick and the untried lane, are reserved for runs that have waited for half
// of their timeout: one whose target hangs leaves such a place soon.
type places struct {
	mu      sync.Mutex
	size    int
	used    [lanes]int
	turns   int        // places of slow runs whose turn it was
	brief   [lanes]int // places of runs that waited for half of their timeout
	waiting [lanes][]*waiter

	notStarted int64 // runs that did not get a place in time
}

// waiter is a run that needs a place.
type waiter struct {
	lane     lane
	began    time.Time
	deadline time.Time
	turn     time.Time // when the integration last had a turn
	admitted time.Time
	queued   bool          // the place was not free immediately
	ready    chan struct{} // closed when the waiter has a place
	inTurn   bool
	brief    bool
}

// half returns when half of the timeout has passed.
func (w *waiter) half() time.Time { return w.began.Add(w.deadline.Sub(w.began) / 2) }

// fresh reports whether nearly all of the timeout is left, so that a run that lasts
// until its deadline still says something about its target.
func (w *waiter) fresh(now time.Time) bool {
	return now.Sub(w.began) < w.deadline.Sub(w.began)/10
}

// resize changes the number of places. If it becomes smaller, runs that exceed it
// continue.
func (p *places) resize(size int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.size = max(1, size)
	p.serve()
}

// take waits for a place until ctx ends. The caller must call give. It returns
// errFull at once if too many runs of targets that hang are waiting.
func (p *places) take(ctx context.Context, w *waiter) error {
	w.ready = make(chan struct{})
	p.mu.Lock()
	if w.lane == slow && len(p.waiting[slow]) >= max(minQueue, 4*p.size) {
		p.notStarted++
		p.mu.Unlock()
		return errFull
	}
	p.waiting[w.lane] = append(p.waiting[w.lane], w)
	p.serve()
	w.queued = w.admitted.IsZero()
	p.mu.Unlock()
	if !w.queued {
		return nil
	}
	half := time.AfterFunc(time.Until(w.half()), p.update)
	defer half.Stop()
	select {
	case <-w.ready:
		return nil
	case <-ctx.Done():
		return p.leave(ctx, w)
	}
}

// update serves waiters that may start because time has passed.
func (p *places) update() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.serve()
}

// leave removes a waiter, unless it has just got a place.
func (p *places) leave(ctx context.Context, w *waiter) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-w.ready:
		return nil
	default:
	}
	at := slices.Index(p.waiting[w.lane], w)
	p.waiting[w.lane] = slices.Delete(p.waiting[w.lane], at, at+1)
	p.missed(ctx)
	return ctx.Err()
}

// miss counts a run that has left, if that was at its deadline.
func (p *places) miss(ctx context.Context) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.missed(ctx)
}

// missed is miss for a caller that holds p.mu.
func (p *places) missed(ctx context.Context) {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		p.notStarted++
	}
}

// give returns the place of a run.
func (p *places) give(w *waiter) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.count(w, -1)
	p.serve()
}

// count adds a waiter with a place to the counts, or removes it.
func (p *places) count(w *waiter, n int) {
	p.used[w.lane] += n
	if w.inTurn {
		p.turns += n
	}
	if w.brief {
		p.brief[w.lane] += n
	}
}

// room reports whether a run may start.
func (p *places) room(w *waiter) bool {
	reserve := min(p.size/4, maxReserve)
	others := p.used[untried] + p.used[slow]
	switch {
	case others+p.used[quick] >= p.size:
		return false
	case w.lane == quick:
		return w.brief || others+p.used[quick]-p.brief[untried]-p.brief[quick] < p.size-reserve/2
	case w.brief:
		return others < p.size-reserve
	default:
		return others-p.brief[untried] < p.size-2*reserve && others < p.size-reserve
	}
}

// serve gives the free places to waiters. The caller holds p.mu.
func (p *places) serve() {
	now := time.Now()
	for l := range lanes {
		for len(p.waiting[l]) > 0 {
			at := earliest(p.waiting[l])
			if l == slow {
				at = p.nextSlow(at, now)
			}
			w := p.waiting[l][at]
			w.brief = l != slow && !now.Before(w.half())
			if !p.room(w) {
				break
			}
			w.inTurn = l == slow && w.fresh(now)
			w.admitted = now
			p.waiting[l] = slices.Delete(p.waiting[l], at, at+1)
			p.count(w, 1)
			close(w.ready)
		}
	}
}

// nextSlow returns the waiter to serve next in the slow lane. Half of its places are
// given in turn, and early enough that a target that still hangs is found to. The
// others are given to the waiter with the earliest deadline: it holds its place only
// for a short time, but a target that responds again is noticed.
func (p *places) nextSlow(earliest int, now time.Time) int {
	if p.turns > p.used[slow]/2 {
		return earliest
	}
	found := -1
	all := p.waiting[slow]
	for n, w := range all {
		if w.fresh(now) && (found < 0 || w.turn.Before(all[found].turn)) {
			found = n
		}
	}
	if found < 0 {
		return earliest
	}
	return found
}

// earliest returns the waiter with the earliest deadline, and the first of several.
// With that order, every waiter gets a place in time if any order achieves it.
func earliest(all []*waiter) int {
	at := 0
	for n, w := range all {
		if w.deadline.Before(all[at].deadline) {
			at = n
		}
	}
	return at
}

// Places describes how many runs can be in progress at the same time.
type Places struct {
	Size, Used, Waiting int
	NotStarted          int64 // runs so far that did not start before their deadline for lack of a place
}

func (p *places) report() Places {
	p.mu.Lock()
	defer p.mu.Unlock()
	r := Places{Size: p.size, NotStarted: p.notStarted}
	for l := range lanes {
		r.Used += p.used[l]
		r.Waiting += len(p.waiting[l])
	}
	return r
}

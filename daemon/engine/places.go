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
// is more. The last ones would find no place.
const minQueue = 64

// maxRefusing is how many runs that got no place are recorded concurrently.
const maxRefusing = 8

var (
	// errFull ends a run if too many runs of targets that hang are waiting.
	errFull = errors.New("too many checks are waiting")
	// errLate ends a run that got no place before its deadline.
	errLate = errors.New("no place was free in time")
)

// places limits how many runs are in progress. If there are fewer places than runs,
// runs that are likely to end soon come first, so targets that hang do not delay the
// checks of those that respond. Some places are reserved for the quick lane. Others,
// in the quick and the untried lane, are reserved for runs that have waited for half
// of their timeout: one whose target hangs leaves such a place soon.
//
// A run that waits has no goroutine: one timer ends the wait of all.
type places struct {
	mu      sync.Mutex
	size    int
	used    [lanes]int
	turns   int        // places of slow runs whose turn it was
	brief   [lanes]int // places of runs that waited for half of their timeout
	waiting [lanes][]*waiter
	closed  bool
	timer   *time.Timer // calls update; nil before the first wait
	due     time.Time   // when the timer fires; zero: it is stopped

	refused  []refusal
	refusing int // goroutines that end refused runs

	notStarted int64 // runs that did not get a place in time
}

// waiter is a run that needs a place.
type waiter struct {
	// start is called in a goroutine of its own, unless enter reports that the place
	// was free: with nil when the waiter has a place, or with the reason why it gets
	// none.
	start    func(error)
	lane     lane
	began    time.Time
	deadline time.Time
	turn     time.Time // when the integration last had a turn
	entered  time.Time
	admitted time.Time
	queued   bool // the place was not free immediately
	inTurn   bool
	brief    bool
}

// refusal is a run that gets no place.
type refusal struct {
	*waiter
	err error
}

// waited returns how long the run waited for its place.
func (w *waiter) waited() time.Duration {
	if !w.queued {
		return 0
	}
	return w.admitted.Sub(w.entered)
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

// enter reports whether there is a place for w. If not, it starts w as soon as there
// is one, or refuses it at its deadline, when the places are closed, or at once if too
// many runs of targets that hang are waiting. The caller must give the place back.
func (p *places) enter(w *waiter) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if w.lane == slow && len(p.waiting[slow]) >= max(minQueue, 4*p.size) {
		p.notStarted++
		p.refuse(w, errFull)
		return false
	}
	w.entered = time.Now()
	p.waiting[w.lane] = append(p.waiting[w.lane], w)
	p.serve()
	if w.queued = w.admitted.IsZero(); w.queued && p.closed {
		p.refuseAll(func(*waiter) bool { return true }, ErrClosing)
	}
	return !w.queued
}

// close refuses all runs that wait, and later ones that would have to.
func (p *places) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	p.refuseAll(func(*waiter) bool { return true }, ErrClosing)
	p.schedule(time.Now())
}

// update serves waiters that may start because time has passed.
func (p *places) update() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.due = time.Time{}
	p.serve()
}

// abandon ends the wait of w, if it still waits.
func (p *places) abandon(w *waiter) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refuseAll(func(o *waiter) bool { return o == w }, context.Canceled)
	p.schedule(time.Now())
}

// refuseAll refuses the waiters that match. The caller holds p.mu.
func (p *places) refuseAll(match func(*waiter) bool, err error) {
	for l := range lanes {
		p.waiting[l] = slices.DeleteFunc(p.waiting[l], func(w *waiter) bool {
			matches := match(w)
			if matches {
				p.refuse(w, err)
			}
			return matches
		})
	}
}

// refuse ends a run without a place. Few runs end at the same time, because each
// needs a goroutine until it is recorded. The caller holds p.mu.
func (p *places) refuse(w *waiter, err error) {
	p.refused = append(p.refused, refusal{w, err})
	if p.refusing < maxRefusing {
		p.refusing++
		go p.endRefused()
	}
}

// endRefused ends refused runs until none is left.
func (p *places) endRefused() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.refused) > 0 {
		first := p.refused[0]
		if p.refused = p.refused[1:]; len(p.refused) == 0 {
			p.refused = nil
		}
		p.mu.Unlock()
		first.start(first.err)
		p.mu.Lock()
	}
	p.refusing--
}

// schedule sets the timer for the next time at which a waiter is half through its
// timeout, which may give it a place, or at its deadline. The caller holds p.mu.
func (p *places) schedule(now time.Time) {
	var due time.Time
	for l := range lanes {
		for _, w := range p.waiting[l] {
			at := w.deadline
			if half := w.half(); now.Before(half) {
				at = half
			}
			if due.IsZero() || at.Before(due) {
				due = at
			}
		}
	}
	switch {
	case due.Equal(p.due):
		return
	case due.IsZero():
		p.timer.Stop()
	case p.timer == nil:
		p.timer = time.AfterFunc(due.Sub(now), p.update)
	default:
		p.timer.Reset(due.Sub(now))
	}
	p.due = due
}

// miss counts a run that had a place but did not start before its deadline.
func (p *places) miss() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.notStarted++
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

// serve refuses the waiters whose deadline has passed, and gives the free places to
// the others. The caller holds p.mu.
func (p *places) serve() {
	now := time.Now()
	p.refuseAll(func(w *waiter) bool {
		late := !now.Before(w.deadline)
		if late {
			p.notStarted++
		}
		return late
	}, errLate)
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
			if w.queued {
				go w.start(nil)
			}
		}
	}
	p.schedule(now)
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

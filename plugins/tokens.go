package plugins

import (
	"container/list"
	"context"
	"runtime"
	"sync"
	"time"
)

// tokens shares the processor out among guests, so that those which compute
// without end leave room for vega itself and for each other. A guest holds a
// token while it computes and gives it back while it waits in a host call.
//
// A guest that computes gives its token to the next in line every few
// milliseconds. There are two lines: who took much of its budget, or computed
// until it was ended, waits in the slow one, among its like, until it has taken
// little for a while: the others are served as if it were not there. In that
// line nobody gives way: who gets a turn shows whether it ever ends. The bundled plugin has a line of its own,
// so that modules nobody has seen run yet can't hold it up either.
//
// What computes for a guest and can't be paused, such as SQLite, holds a token
// of a further line beside the guest's own, so that it holds up nobody who does
// not want the same.
type tokens struct {
	budget time.Duration // of computing, a run

	bundled, fast, slow lane
}

func newTokens(budget time.Duration) *tokens {
	if budget <= 0 {
		budget = DefaultCPUBudget
	}
	t := &tokens{budget: budget}
	t.bundled.free = max(1, runtime.GOMAXPROCS(0)-1)
	t.fast.free = max(1, runtime.GOMAXPROCS(0)-1)
	t.bundled.sliced, t.fast.sliced = true, true
	t.slow.free = 1
	t.bundled.unpaused, t.fast.unpaused, t.slow.unpaused = &lane{free: 1}, &lane{free: 1}, &t.slow
	return t
}

// lane is a number of tokens and a line of those that wait for one, first
// come, first served.
type lane struct {
	sliced   bool  // who holds a token for long lets the next have it
	unpaused *lane // for what can't let the next have it

	mu    sync.Mutex
	free  int
	queue list.List // of chan struct{}, closed when a token is handed over
}

// take waits for a token; false when ctx ended first.
func (l *lane) take(ctx context.Context) bool {
	l.mu.Lock()
	if l.free > 0 { // then nobody waits
		l.free--
		l.mu.Unlock()
		return true
	}
	mine := make(chan struct{})
	place := l.queue.PushBack(mine)
	l.mu.Unlock()
	select {
	case <-mine:
		return true
	case <-ctx.Done():
		return l.leave(place, mine)
	}
}

// leave gives a place in the line up, and the token that came in that moment.
func (l *lane) leave(place *list.Element, mine chan struct{}) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-mine:
		l.pass()
	default:
		l.queue.Remove(place)
	}
	return false
}

func (l *lane) give() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pass()
}

// wanted reports whether somebody waits.
func (l *lane) wanted() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.queue.Len() > 0
}

func (l *lane) pass() {
	next := l.queue.Front()
	if next == nil {
		l.free++
		return
	}
	close(l.queue.Remove(next).(chan struct{}))
}

// slice is how long a guest computes before it lets another do so.
const slice = 5 * time.Millisecond

// turn is one run's dealings with the tokens. Only expire is called from
// another goroutine than the run's.
type turn struct {
	lane   *lane
	budget time.Duration
	ctx    context.Context // of the run: who waits beyond its end has starved
	end    context.CancelFunc

	waited time.Duration // for tokens

	mu      sync.Mutex
	starved bool // the goroutine of the run's own
	holding bool
	spent   bool // the budget is used up, and the run ended
	overran bool // the run ended while it computed
	since   time.Time
	clock   func() time.Duration // since then, where it is not that of the wall
	used    time.Duration        // while it held a token
	paid    time.Duration        // for what was not measured
	process time.Duration        // of processor that vega had used when the run began
	timer   *time.Timer
}

// take waits for a token. Without one the run is at its end, and has starved
// if it was not there already.
func (t *turn) take() bool {
	if t.ctx.Err() != nil {
		return false
	}
	asked := time.Now()
	ok := t.lane.take(t.ctx)
	now := time.Now()
	t.waited += now.Sub(asked)
	if !ok {
		t.starved = true
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.holding, t.since = true, now
	left := max(0, t.budget-t.used-t.paid)
	if t.timer == nil {
		t.process = processTime()
		t.timer = time.AfterFunc(left, t.expire)
	} else {
		t.timer.Reset(left)
	}
	return true
}

// give gives the token back, and reports whether there was one.
func (t *turn) give() bool {
	t.mu.Lock()
	held := t.holding
	if held {
		t.timer.Stop()
		t.used += t.elapsed()
		t.holding = false
		t.overran = t.overran || t.ctx.Err() != nil
	}
	t.mu.Unlock()
	if held {
		t.lane.give()
	}
	return held
}

// elapsed is what was computed since the token was taken. The caller holds mu.
func (t *turn) elapsed() time.Duration {
	wall := time.Since(t.since)
	if t.clock == nil {
		return wall
	}
	return min(wall, t.clock())
}

// share passes the token on where the slice is over and somebody waits for it.
func (t *turn) share() {
	if !t.lane.sliced || !t.holding || time.Since(t.since) < slice || !t.lane.wanted() {
		return
	}
	t.give()
	if !t.take() { // it would have computed to its end
		t.mu.Lock()
		t.overran = true
		t.mu.Unlock()
	}
}

// withoutPause does what computes and can't be paused, on a token of the line for
// that and measured by the time of its thread: such work also waits, for a disk
// or a lock, which is not computing. It is false where the run came to its end
// before there was a token. The caller holds none.
func (t *turn) withoutPause(do func()) bool {
	home := t.lane
	t.lane = home.unpaused
	defer func() { t.lane = home }()
	if !t.take() {
		return false
	}
	defer t.give()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	t.measure(threadClock())
	defer t.measure(nil)
	do()
	return true
}

// measure counts from now on by another clock, nil for that of the wall.
func (t *turn) measure(clock func() time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.used += t.elapsed()
	t.since, t.clock = time.Now(), clock
}

// pay charges the run for computing that was not measured.
func (t *turn) pay(d time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.paid += d
	t.settle()
}

func (t *turn) expire() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.holding {
		t.settle()
	}
}

// settle ends the run if its budget is used up. What passes on the clock is
// not yet used: where other programs keep the processor, vega as a whole got
// less than that, and the run no more than vega. The caller holds mu.
func (t *turn) settle() {
	used := t.used
	if t.holding {
		used += t.elapsed()
	}
	if t.process > 0 && used+t.paid >= t.budget {
		used = min(used, processTime()-t.process)
	}
	left := t.budget - used - t.paid
	if left <= 0 {
		t.spent = true
		t.end()
	} else if t.holding {
		t.timer.Reset(max(left, time.Millisecond))
	}
}

// computed is what the run computed, and paid for.
func (t *turn) computed() time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.used + t.paid
}

func (t *turn) over() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.spent
}

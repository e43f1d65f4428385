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
	return t
}

// lane is a number of tokens and a line of those that wait for one, first
// come, first served.
type lane struct {
	sliced bool // who holds a token for long lets the next have it

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

	waited  time.Duration // for tokens
	starved bool

	mu      sync.Mutex
	holding bool
	spent   bool // the budget is used up, and the run ended
	overran bool // the run ended while it computed
	since   time.Time
	used    time.Duration
	process time.Duration // of processor that vega had used when the run began
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
	if t.timer == nil {
		t.process = processTime()
		t.timer = time.AfterFunc(t.budget, t.expire)
	} else {
		t.timer.Reset(max(0, t.budget-t.used))
	}
	return true
}

func (t *turn) give() {
	t.mu.Lock()
	held := t.holding
	if held {
		t.timer.Stop()
		t.used += time.Since(t.since)
		t.holding = false
		t.overran = t.overran || t.ctx.Err() != nil
	}
	t.mu.Unlock()
	if held {
		t.lane.give()
	}
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

// expire ends the run if its budget is used up. What passes on the clock is
// not yet used: where other programs keep the processor, vega as a whole got
// less than that, and the run no more than vega.
func (t *turn) expire() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.holding {
		return
	}
	used := t.used + time.Since(t.since)
	if got := processTime() - t.process; t.process > 0 {
		used = min(used, got)
	}
	if left := t.budget - used; left > 0 {
		t.timer.Reset(left)
		return
	}
	t.spent = true
	t.end()
}

func (t *turn) over() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.spent
}

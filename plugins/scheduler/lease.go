package scheduler

import (
	"context"
	"runtime"
	"sync"
	"time"
)

// slice is how long a run computes before it passes its token on.
const slice = 5 * time.Millisecond

// Lease is one run's use of the processor. Its methods must be called from the
// goroutine of the run; only the budget's timer runs in another. The zero Lease
// holds no token and charges nothing.
type Lease struct {
	queue  *Queue
	budget time.Duration
	ctx    context.Context // context of the run
	end    context.CancelFunc

	waited  time.Duration // time spent waiting for tokens
	starved bool          // the run waited for a token until ctx ended

	mu       sync.Mutex
	holding  bool
	spent    bool // the budget was used up, and the run ended
	overran  bool // the run ended while it computed
	since    time.Time
	clock    func() time.Duration // returns the time elapsed since; nil means the wall clock
	measured time.Duration        // time measured while the run held a token
	charged  time.Duration        // for work that was not measured
	process  time.Duration        // CPU time of this process when the run began
	timer    *time.Timer
}

// Queue returns the queue in which the run waits.
func (l *Lease) Queue() *Queue { return l.queue }

// Move makes the run wait in another queue from the next Take on. It must not
// hold a token.
func (l *Lease) Move(q *Queue) { l.queue = q }

// Take waits for a token. It returns false if the run ended first; the run then
// counts as starved, unless it had already ended.
func (l *Lease) Take() bool {
	if l.ctx.Err() != nil {
		return false
	}
	asked := time.Now()
	ok := l.queue.take(l.ctx, l.underway())
	now := time.Now()
	l.waited += now.Sub(asked)
	if !ok {
		l.starved = true
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.holding, l.since = true, now
	left := max(0, l.budget-l.measured-l.charged)
	if l.timer == nil {
		l.process = ProcessTime()
		l.timer = time.AfterFunc(left, l.expire)
	} else {
		l.timer.Reset(left)
	}
	return true
}

// underway reports whether the run has begun, and has computed for less than a time
// slice. Such a run goes ahead of those that have not begun, so that as few as possible
// are in progress at the same time, each with an instance of its own.
func (l *Lease) underway() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.timer != nil && l.measured+l.charged < slice
}

// Give returns the token, and reports whether the run held one.
func (l *Lease) Give() bool {
	l.mu.Lock()
	held := l.holding
	if held {
		l.timer.Stop()
		l.measured += l.elapsed()
		l.holding = false
		l.overran = l.overran || l.ctx.Err() != nil
	}
	l.mu.Unlock()
	if held {
		l.queue.give()
	}
	return held
}

// elapsed returns the time computed since the token was taken. The caller holds
// mu.
func (l *Lease) elapsed() time.Duration {
	wall := time.Since(l.since)
	if l.clock == nil {
		return wall
	}
	return min(wall, l.clock())
}

// Yield passes the token on if the time slice is over and another run waits for
// it.
func (l *Lease) Yield() {
	if !l.queue.sliced || !l.holding || time.Since(l.since) < slice || !l.queue.Waiting() {
		return
	}
	l.Give()
	if !l.Take() { // with a token, the run would have computed until its end
		l.mu.Lock()
		l.overran = true
		l.mu.Unlock()
	}
}

// Unpaused calls do, which computes and can't be paused, on a token of the
// queue for such work. The work is measured by the CPU time of its thread,
// because it may also wait for a disk or a lock. Unpaused returns false if the
// run ended before it got a token. The caller must not hold one.
func (l *Lease) Unpaused(do func()) bool {
	home := l.queue
	l.queue = home.unpaused
	defer func() { l.queue = home }()
	if !l.Take() {
		return false
	}
	defer l.Give()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	l.measure(threadClock())
	defer l.measure(nil)
	do()
	return true
}

// measure switches to another clock, nil for the wall clock.
func (l *Lease) measure(clock func() time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.measured += l.elapsed()
	l.since, l.clock = time.Now(), clock
}

// Charge adds d to what the run used, for work that was not measured.
func (l *Lease) Charge(d time.Duration) {
	if l.end == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.charged += d
	l.settle()
}

func (l *Lease) expire() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.holding {
		l.settle()
	}
}

// settle ends the run if its budget is used up. Wall time is only an upper
// bound: if other programs keep the processor busy, the run got no more of it
// than this whole process did. The caller holds mu.
func (l *Lease) settle() {
	used := l.measured
	if l.holding {
		used += l.elapsed()
	}
	if l.process > 0 && used+l.charged >= l.budget {
		used = min(used, ProcessTime()-l.process)
	}
	left := l.budget - used - l.charged
	if left <= 0 {
		l.spent = true
		l.end()
	} else if l.holding {
		l.timer.Reset(max(left, time.Millisecond))
	}
}

// Used returns how long the run computed while it held a token, and how much
// more it was charged.
func (l *Lease) Used() (measured, charged time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.measured, l.charged
}

// Spent reports whether the run was stopped because its budget was used up.
func (l *Lease) Spent() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.spent
}

// Waited returns how long the run waited for tokens.
func (l *Lease) Waited() time.Duration { return l.waited }

// Starved reports whether the run waited for a token until it ended.
func (l *Lease) Starved() bool { return l.starved }

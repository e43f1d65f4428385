package scheduler

import (
	"container/list"
	"context"
	"sync"
)

// Queue is a number of tokens and the runs that wait for one. Those that wait ahead
// are served before all others, and otherwise the first come is the first served.
type Queue struct {
	sliced   bool   // a run passes its token on when its time slice is over
	unpaused *Queue // for work that can't pass its token on

	mu      sync.Mutex
	free    int
	ahead   list.List // of chan struct{}, closed when a token is handed over
	waiters list.List // the same, served after ahead
}

// Waiting reports whether any run waits for a token.
func (q *Queue) Waiting() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.ahead.Len()+q.waiters.Len() > 0
}

// take waits for a token, and reports false if ctx ended first. ahead puts the run
// ahead of those that wait without it.
func (q *Queue) take(ctx context.Context, ahead bool) bool {
	q.mu.Lock()
	if q.free > 0 { // no run waits
		q.free--
		q.mu.Unlock()
		return true
	}
	mine := make(chan struct{})
	line := &q.waiters
	if ahead {
		line = &q.ahead
	}
	place := line.PushBack(mine)
	q.mu.Unlock()
	select {
	case <-mine:
		return true
	case <-ctx.Done():
		return q.leave(line, place, mine)
	}
}

// leave gives up a place in the queue, or the token that has just been handed
// over. It returns false.
func (q *Queue) leave(line *list.List, place *list.Element, mine chan struct{}) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	select {
	case <-mine:
		q.handOver()
	default:
		line.Remove(place)
	}
	return false
}

// give returns a token.
func (q *Queue) give() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.handOver()
}

// handOver passes a token to the first waiter. The caller holds mu.
func (q *Queue) handOver() {
	for _, line := range []*list.List{&q.ahead, &q.waiters} {
		if next := line.Front(); next != nil {
			close(line.Remove(next).(chan struct{}))
			return
		}
	}
	q.free++
}

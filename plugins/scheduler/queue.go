package scheduler

import (
	"container/list"
	"context"
	"sync"
)

// Queue is a number of tokens and the runs that wait for one, first come, first
// served.
type Queue struct {
	sliced   bool   // a run passes its token on when its time slice is over
	unpaused *Queue // for work that can't pass its token on

	mu      sync.Mutex
	free    int
	waiters list.List // of chan struct{}, closed when a token is handed over
}

// Waiting reports whether any run waits for a token.
func (q *Queue) Waiting() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.waiters.Len() > 0
}

// take waits for a token, and reports false if ctx ended first.
func (q *Queue) take(ctx context.Context) bool {
	q.mu.Lock()
	if q.free > 0 { // no run waits
		q.free--
		q.mu.Unlock()
		return true
	}
	mine := make(chan struct{})
	place := q.waiters.PushBack(mine)
	q.mu.Unlock()
	select {
	case <-mine:
		return true
	case <-ctx.Done():
		return q.leave(place, mine)
	}
}

// leave gives up a place in the queue, or the token that has just been handed
// over. It returns false.
func (q *Queue) leave(place *list.Element, mine chan struct{}) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	select {
	case <-mine:
		q.handOver()
	default:
		q.waiters.Remove(place)
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
	next := q.waiters.Front()
	if next == nil {
		q.free++
		return
	}
	close(q.waiters.Remove(next).(chan struct{}))
}

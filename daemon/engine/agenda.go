package engine

import (
	"container/heap"
	"sync"
	"time"
)

// agenda says when each heartbeat is to be evaluated next. It is safe for concurrent use.
type agenda struct {
	changed chan struct{} // the earliest time may have changed; capacity 1

	mu  sync.Mutex
	due appointments
}

// appointment is when a heartbeat is evaluated next. Its time has a monotonic reading, so
// setting the clock does not move it.
type appointment struct {
	at    time.Time
	of    *integration
	index int // in the heap; -1: it is not in the heap
}

// set moves an appointment, or makes it.
func (a *agenda) set(p *appointment, at time.Time) {
	a.mu.Lock()
	p.at = at
	if p.index < 0 {
		heap.Push(&a.due, p)
	} else {
		heap.Fix(&a.due, p.index)
	}
	first := p.index == 0
	a.mu.Unlock()
	if first {
		select {
		case a.changed <- struct{}{}:
		default: // the loop has a wakeup pending
		}
	}
}

// cancel removes an appointment.
func (a *agenda) cancel(p *appointment) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if p.index >= 0 {
		heap.Remove(&a.due, p.index)
	}
}

// take removes and returns the appointments that are due, the earliest first.
func (a *agenda) take(now time.Time) (all []*appointment) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for len(a.due) > 0 && !a.due[0].at.After(now) {
		all = append(all, heap.Pop(&a.due).(*appointment))
	}
	return all
}

// wait returns how long to wait for the first appointment, at most the longest.
func (a *agenda) wait(now time.Time, longest time.Duration) time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.due) == 0 {
		return longest
	}
	return max(0, min(longest, a.due[0].at.Sub(now)))
}

// appointments is a heap with the earliest appointment on top.
type appointments []*appointment

func (a appointments) Len() int           { return len(a) }
func (a appointments) Less(i, j int) bool { return a[i].at.Before(a[j].at) }
func (a appointments) Swap(i, j int) {
	a[i], a[j] = a[j], a[i]
	a[i].index, a[j].index = i, j
}

// Push implements heap.Interface.
func (a *appointments) Push(x any) {
	p := x.(*appointment)
	p.index = len(*a)
	*a = append(*a, p)
}

// Pop implements heap.Interface.
func (a *appointments) Pop() any {
	old := *a
	last := old[len(old)-1]
	last.index = -1
	*a = old[:len(old)-1]
	return last
}

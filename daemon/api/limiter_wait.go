package api

import (
	"context"
	"maps"
	"slices"
)

// waiter waits for a condition of the limiter.
type waiter struct {
	condition func() bool // called with limiter.mu held
	ch        chan struct{}
}

// wake wakes the waiters whose condition holds. The caller holds m.mu.
func (m *limiter) wake() {
	m.waiters = slices.DeleteFunc(m.waiters, func(w waiter) bool {
		if w.condition() {
			close(w.ch)
			return true
		}
		return false
	})
}

// wait waits until the condition holds, or until ctx ends, and then returns its
// error.
func (m *limiter) wait(ctx context.Context, condition func() bool) error {
	m.mu.Lock()
	w := waiter{condition, make(chan struct{})}
	m.waiters = append(m.waiters, w)
	m.wake()
	m.mu.Unlock()
	select {
	case <-w.ch:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// quiet reports whether no request is in flight and, as far as is known, no new
// connection is sending one.
func (m *limiter) quiet() bool { return len(m.requests) == 0 && m.unused == 0 }

// noRequests reports whether no request is in flight.
func (m *limiter) noRequests() bool { return len(m.requests) == 0 }

// inFlight returns the methods and paths of the requests in flight, oldest first.
func (m *limiter) inFlight() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := slices.SortedFunc(maps.Keys(m.requests), func(a, b *inFlight) int { return a.began.Compare(b.began) })
	names := make([]string, len(all))
	for n, f := range all {
		names[n] = f.method + " " + f.path
	}
	return names
}

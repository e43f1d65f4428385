package limit

import (
	"context"
	"maps"
	"slices"
)

// waiter waits for a condition of the limiter.
type waiter struct {
	condition func() bool // called with Limiter.mu held
	ch        chan struct{}
}

// wake wakes the waiters whose condition holds. The caller holds m.mu.
func (m *Limiter) wake() {
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
func (m *Limiter) wait(ctx context.Context, condition func() bool) error {
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

// WaitQuiet waits until no request is in flight and, as far as is known, no new
// connection is sending one. It returns ctx's error if ctx ends first.
func (m *Limiter) WaitQuiet(ctx context.Context) error {
	return m.wait(ctx, func() bool { return len(m.requests) == 0 && m.unused == 0 })
}

// WaitNoRequests waits until no request is in flight. It returns ctx's error if ctx
// ends first.
func (m *Limiter) WaitNoRequests(ctx context.Context) error {
	return m.wait(ctx, func() bool { return len(m.requests) == 0 })
}

// Counts is how many connections a Limiter has.
type Counts struct {
	Served int // without the spare ones
	Spare  int
	Idle   int // of clients other than proxies
}

// Counts returns how many connections there are.
func (m *Limiter) Counts() Counts {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := Counts{Served: m.served, Spare: m.spare}
	for _, own := range m.idleClients {
		c.Idle += own.idle.Len()
	}
	return c
}

// InFlight returns the methods and paths of the requests in flight, oldest first.
func (m *Limiter) InFlight() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := slices.SortedFunc(maps.Keys(m.requests), func(a, b *Request) int { return a.began.Compare(b.began) })
	names := make([]string, len(all))
	for n, f := range all {
		names[n] = f.Method + " " + f.Path
	}
	return names
}

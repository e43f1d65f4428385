package diagnostics

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// stuckAfter limits how long a caller waits for a call that normally takes
// microseconds. It is long enough that a call on a busy machine is not reported as
// stuck.
const stuckAfter = 250 * time.Millisecond

// StuckError reports that a system call has not returned. The call can't be
// interrupted.
type StuckError struct{ Since time.Time }

// Error includes the time when the call began.
func (e *StuckError) Error() string {
	return fmt.Sprintf("stuck: a system call that began at %s has not returned", e.Since.UTC().Format(time.RFC3339))
}

// guard makes a call that may hang. Concurrent callers share one call, so a hanging
// call occupies only one goroutine and thread. While a call is stuck, new callers
// fail immediately.
type guard[T any] struct {
	call func() (T, error)

	mu      sync.Mutex
	current *attempt[T] // nil if none is in progress
}

type attempt[T any] struct {
	since time.Time
	done  chan struct{} // closed once value and err are set
	value T
	err   error
}

func newGuard[T any](call func() (T, error)) *guard[T] { return &guard[T]{call: call} }

// ask makes the call, or waits for the one in progress. The error is that of the
// call, a *StuckError or that of ctx.
func (g *guard[T]) ask(ctx context.Context) (T, error) {
	var none T
	a := g.join()
	wait := time.NewTimer(stuckAfter - time.Since(a.since))
	defer wait.Stop()
	select {
	case <-a.done:
		return a.value, a.err
	case <-ctx.Done():
		return none, ctx.Err()
	case <-wait.C:
	}
	select {
	case <-a.done: // both were ready
		return a.value, a.err
	default:
		return none, &StuckError{Since: a.since}
	}
}

func (g *guard[T]) join() *attempt[T] {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.current == nil {
		g.current = &attempt[T]{since: time.Now(), done: make(chan struct{})}
		go g.run(g.current)
	}
	return g.current
}

func (g *guard[T]) run(a *attempt[T]) {
	a.value, a.err = g.call()
	g.mu.Lock()
	g.current = nil
	g.mu.Unlock()
	close(a.done)
}

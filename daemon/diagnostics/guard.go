package diagnostics

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// patience is how long a caller waits for what answers in microseconds: so long
// that a busy machine is not taken for a stuck one.
const patience = 250 * time.Millisecond

// StuckError is a call into the system that has not come back. It can't be
// ended from outside.
type StuckError struct{ Since time.Time }

// Error says since when.
func (e *StuckError) Error() string {
	return fmt.Sprintf("stuck: the system was asked at %s and has not answered", e.Since.UTC().Format(time.RFC3339))
}

// guard makes a call that may hang, one at a time: whoever asks meanwhile
// joins. While one hangs, it holds one goroutine and its thread, and callers
// are told at once.
type guard[T any] struct {
	call func() (T, error)

	mu      sync.Mutex
	current *attempt[T] // nil: none in progress
}

type attempt[T any] struct {
	since time.Time
	done  chan struct{} // closed when value and err are there
	value T
	err   error
}

func newGuard[T any](call func() (T, error)) *guard[T] { return &guard[T]{call: call} }

// ask calls, or joins the call in progress. The error is that of the call, a
// *StuckError, or that of ctx.
func (g *guard[T]) ask(ctx context.Context) (T, error) {
	var none T
	a := g.join()
	wait := time.NewTimer(patience - time.Since(a.since))
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

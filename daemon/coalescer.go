package daemon

import (
	"context"
	"errors"
	"sync"
)

// coalescer runs a function once for all concurrent callers. Callers that arrive
// during a call share the next one, so every result is computed after its caller
// asked, and a thousand concurrent callers cost two calls.
type coalescer[T any] struct {
	work sync.Mutex // held during a call

	mu   sync.Mutex
	next *batch[T] // not started, so callers can join it; nil: none
}

// batch is one call of the function, with the callers that share it.
type batch[T any] struct {
	done   chan struct{}
	result T // valid once done is closed
	err    error
}

// do joins the next batch, or starts it with f. If ctx ends, a caller that joined
// returns early, but the caller that started the batch completes it for the others.
func (s *coalescer[T]) do(ctx context.Context, f func() (T, error)) (T, error) {
	t, mine := s.join()
	if mine {
		s.run(t, f)
		return t.result, t.err
	}
	select {
	case <-t.done:
		return t.result, t.err
	case <-ctx.Done():
		var zero T
		return zero, ctx.Err()
	}
}

func (s *coalescer[T]) join() (t *batch[T], mine bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.next != nil {
		return s.next, false
	}
	s.next = &batch[T]{done: make(chan struct{}), err: errors.New("the shared operation failed; try again")}
	return s.next, true
}

// run waits for the previous batch and runs this one. If f panics, the callers that
// joined get an error.
func (s *coalescer[T]) run(t *batch[T], f func() (T, error)) {
	s.work.Lock()
	defer s.work.Unlock()
	s.mu.Lock()
	s.next = nil
	s.mu.Unlock()
	defer close(t.done)
	t.result, t.err = f()
}

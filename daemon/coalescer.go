package daemon

import (
	"context"
	"errors"
	"sync"
)

// turns do a piece of work once at a time for all who want it at the same
// time. Who comes while it is being done shares the next turn with all others
// who do: so everybody gets what was begun after they asked, and a thousand
// callers cost two turns.
type coalescer[T any] struct {
	work sync.Mutex // held by the turn being done

	mu   sync.Mutex
	next *batch[T] // has not begun, so it can be joined; nil: there is none
}

type batch[T any] struct {
	done   chan struct{}
	result T // once done is closed
	err    error
}

// do joins the next turn, or begins it with f. Who joined may leave when ctx
// ends; the one that begins a turn sees it through, for the others.
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
		var none T
		return none, ctx.Err()
	}
}

func (s *coalescer[T]) join() (t *batch[T], mine bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.next != nil {
		return s.next, false
	}
	s.next = &batch[T]{done: make(chan struct{}), err: errors.New("whoever did it for all failed; ask again")}
	return s.next, true
}

// begin waits for the turn before, and does this one. Should f panic, those
// who joined get an error.
func (s *coalescer[T]) run(t *batch[T], f func() (T, error)) {
	s.work.Lock()
	defer s.work.Unlock()
	s.mu.Lock()
	s.next = nil
	s.mu.Unlock()
	defer close(t.done)
	t.result, t.err = f()
}

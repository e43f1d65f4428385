package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"vega/plugins/shortage"
	"vega/plugins/sockets"
	"vega/policies/check"
)

// slot permits one run. The number of slots limits how many runs are in progress.
type slot struct {
	places  *places
	place   *waiter
	sockets *sockets.Allowance
	waited  time.Duration // for other runs to end; 0 if a slot was free immediately
}

func (s *slot) release() {
	s.sockets.End()
	s.places.give(s.place)
}

// admit waits for the file descriptors that a run with a place needs. If err is not
// nil, the run has no place. The error explains what was not available in time.
//
// Only waiting for other runs counts as waited. If a slot is free immediately, any
// time since the run began was lost to a busy machine and not to other checks.
func (e *Engine) admit(ctx context.Context, w *waiter, err error) (*slot, error) {
	timeout := w.deadline.Sub(w.began)
	switch {
	case errors.Is(err, errFull):
		return nil, fmt.Errorf("the check did not start, because %w: %s", err, e.Concurrency())
	case errors.Is(err, errLate):
		return nil, e.notAdmitted(ctx, timeout)
	case err != nil:
		return nil, err
	}
	wait, cancel := context.WithDeadline(ctx, w.deadline)
	defer cancel()
	s := &slot{places: &e.places, place: w, waited: w.waited()}
	if s.sockets, err = e.options.Sockets.Allow(wait, SocketsPerRun); err != nil {
		e.places.give(w)
		if errors.Is(wait.Err(), context.DeadlineExceeded) {
			e.places.miss()
		}
		return nil, e.notAdmitted(ctx, timeout)
	}
	s.waited += s.sockets.Waited()
	return s, nil
}

// notAdmitted returns the error of a run that did not start before its deadline.
func (e *Engine) notAdmitted(ctx context.Context, timeout time.Duration) error {
	if ctx.Err() != nil {
		return ErrClosing
	}
	return fmt.Errorf("the check did not start within its timeout of %s because of other checks: %s", check.Span(timeout), e.Concurrency())
}

// Concurrency describes how many checks can run concurrently, and how to allow more
// or need fewer.
func (e *Engine) Concurrency() string {
	const intervals = "use longer intervals"
	e.mu.RLock()
	defer e.mu.RUnlock()
	switch n := e.size(); {
	case e.limit > 0 && n == e.bySockets() && n < min(e.memory.places, e.options.MaxRunning):
		return fmt.Sprintf("vega's limit of %d file descriptors restricts concurrent checks to %d; %s, or %s", e.limit, n, shortage.MoreDescriptors, intervals)
	case n < e.options.MaxRunning:
		return fmt.Sprintf("%s restricts concurrent checks to %d; give vega more memory, or %s", e.memory.limit, n, intervals)
	default:
		return fmt.Sprintf("vega restricts concurrent checks to %d; %s", n, intervals)
	}
}

// size returns the number of places. The caller holds e.mu.
func (e *Engine) size() int {
	n := min(e.options.MaxRunning, e.memory.places)
	if e.limit > 0 {
		n = min(n, e.bySockets())
	}
	return n
}

func (e *Engine) bySockets() int { return max(1, e.options.Sockets.Size()/SocketsPerRun) }

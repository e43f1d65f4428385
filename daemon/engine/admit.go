package engine

import (
	"context"
	"fmt"
	"time"

	"vega/plugins/shortage"
	"vega/plugins/sockets"
)

// slot permits one run. The number of slots limits how many runs are in progress.
type slot struct {
	slots   chan struct{} // holds one element for each slot in use
	sockets *sockets.Allowance
	waited  time.Duration // for other runs to end; 0 if a slot was free immediately
}

func (s *slot) release() {
	s.sockets.End()
	<-s.slots
}

// admit waits for a slot and for the file descriptors that a run needs. The error
// explains why they were not available in time.
//
// Only waiting for other runs counts as waited. If a slot is free immediately, any
// time since began was lost to a busy machine and not to other checks.
func (e *Engine) admit(ctx context.Context, began time.Time, timeout time.Duration) (*slot, error) {
	wait, cancel := context.WithDeadline(ctx, began.Add(timeout))
	defer cancel()
	s := &slot{slots: e.slots}
	select {
	case s.slots <- struct{}{}:
	default:
		queued := time.Now()
		select {
		case s.slots <- struct{}{}:
			s.waited = time.Since(queued)
		case <-wait.Done():
			return nil, e.notAdmitted(ctx, timeout)
		}
	}
	var err error
	if s.sockets, err = e.options.Sockets.Allow(wait, SocketsPerRun); err != nil {
		<-s.slots
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
	return fmt.Errorf("the check did not start within its timeout of %v because of other checks: %s", timeout, e.concurrency())
}

// concurrency describes how many checks can run concurrently, and how to allow more
// or need fewer.
func (e *Engine) concurrency() string {
	const intervals = "use longer intervals"
	e.mu.RLock()
	limit := e.limit
	e.mu.RUnlock()
	if n := e.options.Sockets.Size() / SocketsPerRun; limit > 0 && n < e.options.MaxRunning {
		return fmt.Sprintf("vega's limit of %d file descriptors restricts concurrent checks to %d; %s, or %s", limit, max(1, n), shortage.MoreDescriptors, intervals)
	}
	return fmt.Sprintf("vega restricts concurrent checks to %d; %s", e.options.MaxRunning, intervals)
}

package engine

import (
	"context"
	"fmt"
	"time"

	"vega/plugins/shortage"
	"vega/plugins/sockets"
)

// slot is the place of one run among those that run at once.
type slot struct {
	of      chan struct{}
	sockets *sockets.Allowance
	waited  time.Duration // for other runs to end; 0 where there was room at once
}

func (s *slot) release() {
	s.sockets.End()
	<-s.of
}

// admit waits until a run may begin: until fewer than MaxRunning run, and there
// are descriptors for one more. The error says what it waited for in vain.
//
// Only a wait for other runs counts as one. Where there is room at once, the time
// since the run began is what a busy machine took to schedule this process again,
// and no other check is to blame.
func (e *Engine) admit(ctx context.Context, began time.Time, timeout time.Duration) (*slot, error) {
	wait, cancel := context.WithDeadline(ctx, began.Add(timeout))
	defer cancel()
	s := &slot{of: e.slots}
	select {
	case s.of <- struct{}{}:
	default:
		queued := time.Now()
		select {
		case s.of <- struct{}{}:
			s.waited = time.Since(queued)
		case <-wait.Done():
			return nil, e.notAdmitted(ctx, timeout)
		}
	}
	var err error
	if s.sockets, err = e.options.Sockets.Allow(wait, SocketsPerRun); err != nil {
		<-s.of
		return nil, e.notAdmitted(ctx, timeout)
	}
	s.waited += s.sockets.Waited()
	return s, nil
}

// notAdmitted returns why a run did not begin before its time was over.
func (e *Engine) notAdmitted(ctx context.Context, timeout time.Duration) error {
	if ctx.Err() != nil {
		return ErrClosing
	}
	return fmt.Errorf("other checks were running for all of this one's %v: %s", timeout, e.concurrency())
}

// concurrency describes how many checks run at once, and how to have more or need
// fewer.
func (e *Engine) concurrency() string {
	const spread = "spread them by longer intervals"
	e.mu.RLock()
	limit := e.limit
	e.mu.RUnlock()
	if n := e.options.Sockets.Size() / SocketsPerRun; limit > 0 && n < e.options.MaxRunning {
		return fmt.Sprintf("vega runs %d at once with its limit of %d file descriptors; %s, or %s", max(1, n), limit, shortage.MoreDescriptors, spread)
	}
	return fmt.Sprintf("vega runs %d at once; %s", e.options.MaxRunning, spread)
}

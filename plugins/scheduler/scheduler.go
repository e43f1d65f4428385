// Package scheduler shares the processor among guests, so guests that compute
// forever leave room for the host and for each other.
//
// New makes the Scheduler of a sandbox, and Scheduler.Lease the Lease of a run.
// A run computes while its lease holds a token, returns the token while it
// waits in a host call, and passes it on every few milliseconds if another run
// waits for one. A run that returns from a host call and has computed little goes
// ahead of those that have not begun. A run that used up its CPU budget is stopped.
//
// There are three queues for tokens. The bundled plugin has its own, so modules
// that have never run can't delay it. Other modules use the fast queue, unless
// History reports that the probe recently used much of its budget. Such runs
// wait in the slow queue, behind each other, until they have used little for a
// while. Runs in the slow queue never yield, because a run that keeps its token
// to the end shows whether it ends at all. Work that can't be paused, such as
// an SQLite query, holds a token of a separate queue, so it delays only other
// work of that kind.
//
// The package imports the standard library and golang.org/x/sys.
package scheduler

import (
	"context"
	"runtime"
	"time"
)

// DefaultBudget is how long a run may compute, waiting excluded.
const DefaultBudget = 500 * time.Millisecond

// Scheduler hands out tokens. It is safe for concurrent use.
type Scheduler struct {
	budget time.Duration // limit on the CPU time of one run

	bundled, fast, slow Queue
}

// New returns a Scheduler that gives each run the budget, or DefaultBudget if
// that is 0.
func New(budget time.Duration) *Scheduler {
	if budget <= 0 {
		budget = DefaultBudget
	}
	s := &Scheduler{budget: budget}
	s.bundled.free = max(1, runtime.GOMAXPROCS(0)-1)
	s.fast.free = max(1, runtime.GOMAXPROCS(0)-1)
	s.bundled.sliced, s.fast.sliced = true, true
	s.slow.free = 1
	s.bundled.unpaused, s.fast.unpaused, s.slow.unpaused = &Queue{free: 1}, &Queue{free: 1}, &s.slow
	return s
}

// Budget returns the CPU time of one run.
func (s *Scheduler) Budget() time.Duration { return s.budget }

// Bundled returns the queue of the bundled plugin.
func (s *Scheduler) Bundled() *Queue { return &s.bundled }

// Fast returns the queue of runs that are expected to compute little.
func (s *Scheduler) Fast() *Queue { return &s.fast }

// Slow returns the queue of runs that are expected to compute for long.
func (s *Scheduler) Slow() *Queue { return &s.slow }

// Lease returns the lease of a run that waits in q. end stops the run, which
// happens once its budget is used up; ctx is done by then.
func (s *Scheduler) Lease(ctx context.Context, end context.CancelFunc, q *Queue) Lease {
	return Lease{queue: q, budget: s.budget, ctx: ctx, end: end}
}

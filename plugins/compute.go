package plugins

import (
	"context"
	"fmt"
	"math"
	"time"

	"vega/plugins/scheduler"
	"vega/policies/check"
)

// Accounts charges a run for work that vega does in its own process on the
// run's behalf, such as SQLite's. The context must be that of a host call or
// derived from it; with any other, nothing is charged.
type Accounts struct{}

// Compute calls do, which keeps a processor busy and can't be paused. It waits
// for a token, counts the given number of bytes as held, and charges the run
// for the CPU time. If that exceeds the run's budget, the context ends. If
// Compute returns an error, do was not called.
func (Accounts) Compute(ctx context.Context, bytes int, do func()) error {
	g, ok := ctx.Value(guestKey{}).(*guest)
	if !ok {
		do()
		return nil
	}
	return g.compute(ctx, bytes, do)
}

// Shortage records that a call of the run failed because vega itself lacked a
// resource, and returns the error of the call.
func (Accounts) Shortage(ctx context.Context, err error) error {
	if g, ok := ctx.Value(guestKey{}).(*guest); ok {
		return g.shortage(err)
	}
	return err
}

// Room returns how many bytes a call of the run may hold: all that the run may still
// hold, but so little of what all runs may hold that another one has room, too.
func (Accounts) Room(ctx context.Context) int {
	if g, ok := ctx.Value(guestKey{}).(*guest); ok {
		return int(min(g.account.Share(), math.MaxInt32))
	}
	return math.MaxInt32
}

func (g *guest) compute(ctx context.Context, bytes int, do func()) error {
	g.leave()
	defer g.comeBack()
	var err error
	var took, all time.Duration // wall-clock time, and CPU time of this process
	before, _ := g.lease.Used()
	ran := g.lease.Unpaused(func() {
		if err = g.Hold(bytes); err != nil {
			return
		}
		defer g.Release(bytes)
		began, process := time.Now(), scheduler.ProcessTime()
		do()
		took, all = time.Since(began), scheduler.ProcessTime()-process
	})
	after, _ := g.lease.Used()
	used := after - before
	switch {
	case err != nil:
		return err
	case !ran:
		return fmt.Errorf("%w: no processor was free", context.Cause(g.run))
	}
	// A query that computed until its deadline, as far as this machine let
	// vega compute at all, did not wait for anything.
	const little = 20 * time.Millisecond
	if ctx.Err() != nil && (used > took/2 || used > max(little, all/2)) {
		g.overdrawn = fmt.Errorf("a query of the probe was still computing at its deadline of %s and was canceled", check.Span(g.in.Timeout))
	}
	return nil
}

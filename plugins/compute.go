package plugins

import (
	"context"
	"fmt"
	"math"
	"time"
)

// Accounts charge what computes inside of vega, for a run that it can't know
// of, to that run: SQLite is such. The context is one that a host call was given,
// or comes from one; with any other, nothing is charged.
type Accounts struct{}

// Compute does what keeps a processor busy and can't be paused. It waits for a
// processor to be had, counts so many bytes as held, and charges the run with
// the processor time. When that is more than the run may compute, the context
// ends. On an error it was not done.
func (Accounts) Compute(ctx context.Context, bytes int, do func()) error {
	g, ok := ctx.Value(guestKey{}).(*guest)
	if !ok {
		do()
		return nil
	}
	return g.compute(ctx, bytes, do)
}

// Shortage notes that a call of the run failed for want of something that is
// vega's to have, and is the error for it.
func (Accounts) Shortage(ctx context.Context, err error) error {
	if g, ok := ctx.Value(guestKey{}).(*guest); ok {
		return g.shortage(err)
	}
	return err
}

// Room is how many bytes the run may still hold.
func (Accounts) Room(ctx context.Context) int {
	if g, ok := ctx.Value(guestKey{}).(*guest); ok {
		return int(min(g.account.Room(), math.MaxInt32))
	}
	return math.MaxInt32
}

func (g *guest) compute(ctx context.Context, bytes int, do func()) error {
	g.leave()
	defer g.comeBack()
	var err error
	var took, all time.Duration // on the wall, and of the processor by all of vega
	before := g.turn.used
	ran := g.turn.withoutPause(func() {
		if err = g.Hold(bytes); err != nil {
			return
		}
		defer g.Release(bytes)
		began, had := time.Now(), processTime()
		do()
		took, all = time.Since(began), processTime()-had
	})
	used := g.turn.used - before
	switch {
	case err != nil:
		return err
	case !ran:
		return fmt.Errorf("%w: no processor was to be had", context.Cause(g.run))
	}
	// What was at work all the while when its time was up, as far as this machine
	// let vega be at work, waited for nobody.
	const little = 20 * time.Millisecond
	if ctx.Err() != nil && (used > took/2 || used > max(little, all/2)) {
		g.overdrawn = fmt.Errorf("a query of the probe was still computing at its deadline of %v; it was ended", g.in.Timeout)
	}
	return nil
}

package daemon

import (
	"context"
	"runtime/debug"
	"time"
)

const (
	// settleTime is how long nothing must have changed before memory is given back.
	settleTime = 5 * time.Second
	// trimInterval is the minimum time between two times, because each costs a
	// garbage collection.
	trimInterval = time.Minute
	// firstRuns is when every integration has run once after a start.
	firstRuns = 40 * time.Second
)

// giveBack returns memory to the system that starting, compiling and reloading left
// behind, until ctx ends. Go keeps most of it for later, but none of these is likely
// to come again soon.
func giveBack(ctx context.Context, changed <-chan struct{}, trim func()) {
	settled, late := time.NewTimer(settleTime), time.NewTimer(firstRuns)
	defer settled.Stop()
	defer late.Stop()
	last := time.Now().Add(-trimInterval)
	for {
		select {
		case <-ctx.Done():
			return
		case <-changed:
			settled.Reset(max(settleTime, trimInterval-time.Since(last)))
			continue
		case <-settled.C:
		case <-late.C:
		}
		trim()
		last = time.Now()
	}
}

// trim gives back the free parts of the heap, and the pages of the program that only
// starting needed.
func trim() {
	debug.FreeOSMemory()
	dropProgram()
}

// changes tells giveBack that something changed. Its capacity is 1.
type changes chan struct{}

func (c changes) note() {
	select {
	case c <- struct{}{}:
	default: // one is noted
	}
}

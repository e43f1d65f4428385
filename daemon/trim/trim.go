// Package trim returns memory to the system while a program is idle.
package trim

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
	// idleTime is how long no run must have ended before the program's pages are
	// unmapped. A daemon that is never idle for so long keeps them.
	idleTime = 2 * time.Second
	// dropInterval is the minimum time between two times of that. Mapping the pages
	// again costs about two milliseconds of CPU time.
	dropInterval = 10 * time.Second
	// collectInterval is the minimum time between two garbage collections while idle.
	// Go starts one every two minutes by itself, but returns little of what is free.
	collectInterval = 5 * time.Minute
)

// Run returns memory to the system; see giveBack.
func Run(ctx context.Context, changed, ran Notices) {
	giveBack(ctx, changed, ran, memory{debug.FreeOSMemory, dropProgram})
}

// giveBack returns memory to the system until ctx ends: after a start or a change,
// what starting, compiling and reloading left behind, and when no run ended for
// idleTime, the pages of the program, and sometimes the free heap. Go keeps most of
// what is free for later, but an idle daemon is not likely to need it soon.
func giveBack(ctx context.Context, changed, ran <-chan struct{}, m memory) {
	settled, late, idle := time.NewTimer(settleTime), time.NewTimer(firstRuns), time.NewTimer(idleTime)
	idle.Stop() // until a run ended
	defer settled.Stop()
	defer late.Stop()
	defer idle.Stop()
	trimmed, dropped := time.Now().Add(-trimInterval), time.Now()
	for {
		collect := true
		select {
		case <-ctx.Done():
			return
		case <-changed:
			settled.Reset(max(settleTime, trimInterval-time.Since(trimmed)))
			continue
		case <-ran:
			idle.Reset(max(idleTime, dropInterval-time.Since(dropped)))
			continue
		case <-idle.C:
			collect = time.Since(trimmed) >= collectInterval
		case <-settled.C:
		case <-late.C:
		}
		if collect {
			m.collect()
			trimmed = time.Now()
		}
		m.drop()
		dropped = time.Now()
	}
}

// memory is how giveBack returns memory. Both are called from one goroutine.
type memory struct {
	collect func() // returns the free parts of the heap
	drop    func() // unmaps the program's unused pages
}

// Notices informs Run that something happened. Its capacity is 1.
type Notices chan struct{}

// Note notes that something happened. It does not wait.
func (n Notices) Note() {
	select {
	case n <- struct{}{}:
	default: // one is noted
	}
}

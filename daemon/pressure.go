package daemon

import (
	"context"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// ample is how much must be left of each limit on memory, so that the limits are not
	// read before a probe's memory grows: more than probes take until fit reads them
	// again.
	ample = 256 << 20
	// readingAge is how old a reading may be that decides about a growth.
	readingAge = 5 * time.Millisecond
	// relief is how often the free memory of the heap is given back at most while
	// memory is short.
	relief = time.Second
)

// pressure keeps the kernel from killing vega between two readings of the limits: when
// memory is nearly used up, it gives back what the heap does not need, and lets the
// memories of probes grow no further. Runs that need more are then unknown.
//
// Places are given for runs that wait for their targets. Many that read large answers
// at the same time, as on a busy machine, need more than that within a second.
type pressure struct {
	read func(context.Context) []bound
	free func() // returns free memory of the heap to the kernel
	now  func() time.Time

	near atomic.Bool // less than ample was left when the limits were last read

	mu      sync.Mutex
	last    time.Time // of the last reading
	quarter int       // how many quarters of the tightest reserve were left, at most four
	freed   time.Time // when free was last called
}

// newPressure returns a pressure under the limits that read returns.
func newPressure(read func(context.Context) []bound) *pressure {
	return &pressure{read: read, free: debug.FreeOSMemory, now: time.Now}
}

// note takes over a reading of the limits.
func (p *pressure) note(all []bound) {
	near := false
	for _, b := range all {
		near = near || !b.space && b.left() < ample
	}
	p.near.Store(near)
}

// mayGrow reports whether the memory of a probe may grow: beyond what an ordinary run
// needs while half of the reserve is left, and up to that while a quarter is.
func (p *pressure) mayGrow(ordinary bool) bool {
	if !p.near.Load() {
		return true
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.now().Sub(p.last) >= readingAge {
		p.look()
		if now := p.now(); p.quarter < 3 && now.Sub(p.freed) >= relief {
			p.freed = now
			p.free()
			p.look()
		}
	}
	return p.quarter >= 2 || ordinary && p.quarter == 1
}

// look reads the limits. The caller holds p.mu.
func (p *pressure) look() {
	p.quarter = 4
	for _, b := range p.read(context.Background()) {
		if !b.space {
			p.quarter = min(p.quarter, int(b.left()/max(b.reserve()/4, 1)))
		}
	}
	p.last = p.now()
}

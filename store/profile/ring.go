package profile

import (
	"cmp"
	"math/bits"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// entry is a query that ended.
type entry struct {
	text                        *text
	function, correlation, pool string
	notes                       *notes // nil for most
	began                       int64  // in nanoseconds of Unix time
	own, first, held, next      time.Duration
	rows                        int64
}

// notes are what few queries have. Apart from the rest they keep the entry
// small: every query copies one.
type notes struct{ err, plan string }

// ring keeps the last entries. Each place has a lock of its own, so that
// queries which end at the same time don't wait for each other.
type ring struct {
	count  atomic.Uint64
	places []place // a power of two: a division costs too much
	shown  int
}

type place struct {
	mu     sync.Mutex
	number uint64 // of the entry, from 1
	entry  entry
}

func newRing(shown int) *ring {
	return &ring{places: make([]place, 1<<bits.Len(uint(shown-1))), shown: shown}
}

func (r *ring) put(e *entry) {
	number := r.count.Add(1)
	at := &r.places[number&uint64(len(r.places)-1)]
	at.mu.Lock()
	defer at.mu.Unlock()
	if number > at.number { // else it was overtaken by a whole round
		at.number, at.entry = number, *e
	}
}

// newest are the entries, the last first.
func (r *ring) newest() []entry {
	type numbered struct {
		number uint64
		entry  entry
	}
	var all []numbered
	for i := range r.places {
		at := &r.places[i]
		at.mu.Lock()
		if at.number > 0 {
			all = append(all, numbered{at.number, at.entry})
		}
		at.mu.Unlock()
	}
	slices.SortFunc(all, func(a, b numbered) int { return cmp.Compare(b.number, a.number) })
	all = all[:min(len(all), r.shown)]
	entries := make([]entry, len(all))
	for i := range all {
		entries[i] = all[i].entry
	}
	return entries
}

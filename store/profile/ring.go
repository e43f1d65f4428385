package profile

import (
	"cmp"
	"math/bits"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// entry is a query that has ended.
type entry struct {
	text                        *text
	function, correlation, pool string
	notes                       *notes // usually nil
	began                       int64  // nanoseconds of Unix time
	own, first, held, next      time.Duration
	rows                        int64
}

// notes are stored separately because few queries have them. This keeps
// entries, which every query copies, small.
type notes struct{ err, plan string }

// ring holds the last entries. Each place has its own lock, so that queries
// that end at the same time do not wait for each other.
type ring struct {
	count  atomic.Uint64
	places []place // the length is a power of two, to avoid a division
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
	if number > at.number { // else a later round has overtaken it
		at.number, at.entry = number, *e
	}
}

// newest returns the entries, newest first.
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

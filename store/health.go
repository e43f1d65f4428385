package store

import (
	"fmt"
	"sync"
	"time"
)

// Health tracks whether a database can be written. While it cannot, for example
// because the disk is full, writes are still attempted. The first one that
// succeeds ends the outage. The zero value is healthy.
type Health struct {
	// Changed, if not nil, is called when an outage begins, with its reason, and
	// when it ends, with nil and the number of runs that were lost.
	Changed func(err error, lost int64)

	mu    sync.Mutex
	err   error // nil while healthy
	since time.Time
	lost  int64 // runs lost since then
}

// Fail records that a write failed for a reason other than the data written.
func (h *Health) Fail(err error) {
	h.mu.Lock()
	began := h.err == nil
	if began {
		h.since, h.lost = time.Now(), 0
	}
	h.err = err
	h.mu.Unlock()
	if began && h.Changed != nil {
		h.Changed(err, 0)
	}
}

// Recover records that a write succeeded.
func (h *Health) Recover() {
	h.mu.Lock()
	ended, lost := h.err != nil, h.lost
	h.err = nil
	h.mu.Unlock()
	if ended && h.Changed != nil {
		h.Changed(nil, lost)
	}
}

// Err returns since when and why nothing can be stored, and how many runs were
// lost. It returns nil while healthy.
func (h *Health) Err() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.err == nil {
		return nil
	}
	return fmt.Errorf("nothing could be stored since %s; %d runs were lost: %w", h.since.UTC().Format(time.RFC3339), h.lost, h.err)
}

func (h *Health) failing() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.err != nil
}

// lose counts runs that were not stored.
func (h *Health) lose(n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.lost += int64(n)
}

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
	mu    sync.Mutex
	err   error // nil while healthy
	since time.Time
	lost  int64 // runs lost since then
}

// Fail records that a write failed for a reason other than the data written.
func (h *Health) Fail(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.err == nil {
		h.since, h.lost = time.Now(), 0
	}
	h.err = err
}

// Recover records that a write succeeded.
func (h *Health) Recover() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.err = nil
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

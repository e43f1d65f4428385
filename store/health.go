package store

import (
	"fmt"
	"sync"
	"time"
)

// Outage describes a time in which nothing can be stored.
type Outage struct {
	Err   error // why; nil once it is over
	Since time.Time
	Lost  int64 // runs that were dropped because they could not be stored
}

// Health tracks whether a database can be written. While it cannot, for example
// because the disk is full, writes are still attempted. The first one that
// succeeds ends the outage. The zero value is healthy.
type Health struct {
	// Changed, if not nil, is called when an outage begins and when it ends.
	Changed func(Outage)

	mu     sync.Mutex
	now    Outage    // Err is nil while healthy
	failed time.Time // when a write failed last
}

// Fail records that a write failed for a reason other than the data written.
func (h *Health) Fail(err error) {
	h.mu.Lock()
	began := h.now.Err == nil
	if began {
		h.now = Outage{Since: time.Now()}
	}
	h.now.Err, h.failed = err, time.Now()
	now := h.now
	h.mu.Unlock()
	if began && h.Changed != nil {
		h.Changed(now)
	}
}

// Recover records that a write succeeded.
func (h *Health) Recover() {
	h.mu.Lock()
	ended := h.now.Err != nil
	h.now.Err = nil
	now := h.now
	h.mu.Unlock()
	if ended && h.Changed != nil {
		h.Changed(now)
	}
}

// Outage returns the current outage. Its Err is nil while healthy.
func (h *Health) Outage() Outage {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.now.Err == nil {
		return Outage{}
	}
	return h.now
}

// Recent returns the error of an outage if a write failed within the last two seconds.
func (h *Health) Recent() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.now.Err == nil || time.Since(h.failed) > retryDelay {
		return nil
	}
	return h.now.Err
}

// Err returns since when and why nothing can be stored, and how many runs were
// lost. It returns nil while healthy.
func (h *Health) Err() error {
	o := h.Outage()
	if o.Err == nil {
		return nil
	}
	return fmt.Errorf("nothing could be stored since %s; %d runs were lost: %w", o.Since.UTC().Format(time.RFC3339), o.Lost, o.Err)
}

func (h *Health) failing() bool { return h.Outage().Err != nil }

// lose counts runs that were not stored.
func (h *Health) lose(n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now.Lost += int64(n)
}

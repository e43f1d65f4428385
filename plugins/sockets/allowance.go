package sockets

import (
	"context"
	"fmt"
	"sync"
	"syscall"
	"time"

	"vega/plugins/shortage"
)

// Allowance limits what one run may have open: its reservation, and more while
// the pool has free descriptors. A nil Allowance has no limit.
type Allowance struct {
	pool    *Pool
	reserve int
	waited  time.Duration

	mu     sync.Mutex
	unused int // unused part of the reservation
	ended  bool
	brief  int           // sockets that are open for a single query to a server
	given  chan struct{} // closed when a place is released; nil if no query waits for one
}

// Waited returns how long Allow waited for other allowances to end, or 0 if it
// did not have to wait.
func (a *Allowance) Waited() time.Duration {
	if a == nil {
		return 0
	}
	return a.waited
}

// End releases the reservation. Sockets that are still open count until they
// are closed.
func (a *Allowance) End() {
	if a == nil {
		return
	}
	a.mu.Lock()
	n := a.unused
	a.unused, a.ended = 0, true
	a.mu.Unlock()
	a.pool.give(n)
}

// take takes a place for one more socket. It returns a shortage if there is
// none.
func (a *Allowance) take() error {
	if a == nil {
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.has() {
		return a.short()
	}
	return nil
}

// Take takes a place for a socket that the caller opens, and returns the function that
// releases it. It returns a shortage if there is no place.
func (a *Allowance) Take() (release func(), err error) {
	if err := a.take(); err != nil {
		return nil, err
	}
	return (&place{of: a}).leave, nil
}

// takeBriefly is like take, for a query to a server. While other queries of the
// run are in progress, it waits for one to end, because a lookup makes two
// concurrently and may be allowed only one.
func (a *Allowance) takeBriefly(ctx context.Context) error {
	if a == nil {
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for !a.has() {
		if a.brief == 0 || ctx.Err() != nil {
			return a.short()
		}
		if a.given == nil {
			a.given = make(chan struct{})
		}
		given := a.given
		a.mu.Unlock()
		select {
		case <-given:
		case <-ctx.Done():
		}
		a.mu.Lock()
	}
	a.brief++
	return nil
}

// has takes a place if there is one. The caller holds a.mu.
func (a *Allowance) has() bool {
	if a.unused > 0 {
		a.unused--
		return true
	}
	return !a.ended && a.pool.try()
}

func (a *Allowance) short() error {
	limit := ""
	if n, ok := shortage.Limit(); ok {
		limit = fmt.Sprintf(" with its limit of %d file descriptors", n)
	}
	return shortage.New(syscall.EMFILE, fmt.Sprintf("vega may have %d connections open for checks at the same time%s, and all are in use", a.pool.Size(), limit), shortage.MoreDescriptors)
}

// give releases a socket's place. brief reports whether takeBriefly took the
// place.
func (a *Allowance) give(brief bool) {
	if a == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if brief {
		a.brief--
	}
	if !a.ended && a.unused < a.reserve {
		a.unused++
	} else {
		a.pool.give(1)
	}
	if a.given != nil {
		close(a.given)
		a.given = nil
	}
}

package sockets

import (
	"context"
	"fmt"
	"sync"
	"syscall"
	"time"

	"vega/plugins/shortage"
)

// Allowance is what one run may have open: what was reserved for it, and more
// while the pool has some. A nil Allowance is without limit.
type Allowance struct {
	pool    *Pool
	reserve int
	waited  time.Duration

	mu     sync.Mutex
	unused int // of the reserve
	ended  bool
	brief  int           // sockets that are open for one question to a server
	given  chan struct{} // closed when a place is given back; nil: nobody waits for that
}

// Waited returns how long Allow waited for other allowances to end: 0 where
// there was room at once.
func (a *Allowance) Waited() time.Duration {
	if a == nil {
		return 0
	}
	return a.waited
}

// End gives the reserve back. Sockets that are still open count until they are
// closed.
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

// take is for one more socket. It returns a shortage where there is none.
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

// takeBriefly is take for a question to a server. Where other questions of the
// run are being asked, it waits for their end: a lookup asks two at once, and
// may be allowed only one.
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
	return shortage.New(syscall.EMFILE, fmt.Sprintf("vega may have %d connections open for checks at once%s, and all are in use", a.pool.Size(), limit), shortage.MoreDescriptors)
}

// give takes a socket's place back; brief says that it was taken briefly.
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

// Package ledger counts the memory that the host holds on behalf of guests:
// what was read of answers, rows, arguments that are kept, buffers of
// connections.
//
// New makes the Ledger of a sandbox, Ledger.Open the Account of a run. What a
// run is going to hold it asks for by Hold, before it is allocated; together
// with the guest's linear memory it is bounded by the run's own limit, and all
// runs together by the ledger's. Close gives back what is left, whatever
// became of the run.
//
// The package refuses, and never waits: two runs that waited for each other's
// memory would both run out of time. It imports the standard library alone.
package ledger

import (
	"errors"
	"sync"
)

var (
	// ErrRun says that a run would hold more than it may.
	ErrRun = errors.New("the run's own limit")
	// ErrSum says that all runs together would.
	ErrSum = errors.New("the limit of all runs")
)

// Ledger is what all runs hold together. It is safe for concurrent use.
type Ledger struct {
	mu        sync.Mutex
	limit     int64
	held      int64
	strangers int64 // part of held: by guests that are not bundled
}

// New makes a Ledger with room for limit bytes.
func New(limit int64) *Ledger { return &Ledger{limit: limit} }

// Limit changes how much all runs may hold. Nobody loses what they hold.
func (l *Ledger) Limit(limit int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.limit = limit
}

// Held is how much all runs hold, and may hold.
func (l *Ledger) Held() (held, limit int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.held, l.limit
}

// take counts n bytes. A quarter of the room is for bundled guests alone, so
// that strangers can't take what the bundled ones need to run at all.
func (l *Ledger) take(n int64, bundled bool) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.held+n > l.limit || !bundled && l.strangers+n > l.limit-l.limit/4 {
		return false
	}
	l.add(n, bundled)
	return true
}

func (l *Ledger) give(n int64, bundled bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.add(-n, bundled)
}

func (l *Ledger) add(n int64, bundled bool) {
	l.held += n
	if !bundled {
		l.strangers += n
	}
}

// Account is what one run holds. It is not safe for concurrent use. The zero
// Account counts nothing and refuses nothing.
type Account struct {
	ledger  *Ledger
	bundled bool
	limit   int64
	linear  int64 // of it, the guest's own memory
	held    int64 // of it, the host's
}

// Open opens the account of a run that may hold limit bytes, linear memory
// included.
func (l *Ledger) Open(limit int64, bundled bool) Account {
	return Account{ledger: l, bundled: bundled, limit: limit}
}

// Hold counts n bytes that are about to be allocated. The error is ErrRun or
// ErrSum, and then nothing is counted.
func (a *Account) Hold(n int) error {
	if a.ledger == nil {
		return nil
	}
	switch size := int64(n); {
	case size > a.Room():
		return ErrRun
	case !a.ledger.take(size, a.bundled):
		return ErrSum
	default:
		a.held += size
		return nil
	}
}

// Release counts n bytes that are used no more.
func (a *Account) Release(n int) {
	if a.ledger == nil {
		return
	}
	size := min(int64(n), a.held)
	a.held -= size
	a.ledger.give(size, a.bundled)
}

// Grow notes that the guest's linear memory is to have size bytes, and reports
// whether there is room for it.
func (a *Account) Grow(size int64) bool {
	if a.ledger == nil {
		return true
	}
	if size > a.linear && size+a.held > a.limit {
		return false
	}
	a.linear = size
	return true
}

// Room is how many bytes the run may still hold.
func (a *Account) Room() int64 {
	if a.ledger == nil {
		return 1<<63 - 1
	}
	return max(0, a.limit-a.linear-a.held)
}

// Held is how many bytes the host holds for the run.
func (a *Account) Held() int64 { return a.held }

// Close gives back all that the run held. The Account counts nothing any more.
func (a *Account) Close() {
	if a.held > 0 {
		a.ledger.give(a.held, a.bundled)
	}
	*a = Account{}
}

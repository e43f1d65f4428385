// Package ledger accounts for the memory that the host holds on behalf of
// guests: response bytes, rows, retained arguments, connection buffers.
//
// New creates the Ledger of a sandbox, and Ledger.Open the Account of a run. A
// run calls Hold before it allocates memory; that memory and the guest's linear
// memory together are bounded by the run's limit, and the memory of all runs by
// the ledger's. Close releases whatever is left, however the run ended.
//
// The package refuses and never waits, because two runs that wait for each
// other's memory would both time out. It imports only the standard library.
package ledger

import (
	"errors"
	"math"
	"sync"
)

var (
	// ErrRun reports that a run would exceed its own limit.
	ErrRun = errors.New("memory limit of the run exceeded")
	// ErrSum reports that all runs together would exceed their limit.
	ErrSum = errors.New("memory limit for all runs exceeded")
)

// Ledger is the memory that all runs hold together. It is safe for concurrent
// use.
type Ledger struct {
	mu         sync.Mutex
	limit      int64
	held       int64
	thirdParty int64 // the part of held that belongs to third-party guests
	grown      int64 // linear memory of all guests, as far as it counts
	growth     int64 // limit of grown; 0: none
	mayGrow    func(ordinary bool) bool
}

// New returns a Ledger with the given limit in bytes.
func New(limit int64) *Ledger { return &Ledger{limit: limit} }

// Limit changes the limit for all runs. Memory that is already held stays held.
func (l *Ledger) Limit(limit int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.limit = limit
}

// half returns half of what all runs of the kind may hold: a run that asks for no
// more leaves room for another one.
func (l *Ledger) half(bundled bool) int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	if bundled {
		return l.large() / 2
	}
	return min(l.large(), l.limit-l.limit/4) / 2
}

// Held returns how much all runs hold, and the limit.
func (l *Ledger) Held() (held, limit int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.held, l.limit
}

// LimitGrowth lets all linear memories together grow by more bytes beyond what they
// have grown by, but at least to least bytes. Without a call, nothing limits them.
func (l *Ledger) LimitGrowth(more, least int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.growth = max(l.grown+min(more, math.MaxInt64-l.grown), least, 1)
}

// AskBeforeGrowth has mayGrow decide whether a linear memory may grow at all. ordinary
// says that it will not exceed what an ordinary run needs. Without a call, nobody is
// asked. mayGrow may be called concurrently.
func (l *Ledger) AskBeforeGrowth(mayGrow func(ordinary bool) bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.mayGrow = mayGrow
}

// refuses reports whether a linear memory may not grow.
func (l *Ledger) refuses(ordinary bool) bool {
	l.mu.Lock()
	mayGrow := l.mayGrow
	l.mu.Unlock()
	return mayGrow != nil && !mayGrow(ordinary)
}

// grow counts n bytes of linear memory. n is negative for memory that is given back.
func (l *Ledger) grow(n int64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n > 0 && l.growth > 0 && l.grown+n > l.growth {
		return false
	}
	l.grown += n
	return true
}

const (
	// small is what an ordinary run holds at most. An eighth of the limit is reserved
	// for runs that hold no more, so that a few with large responses cannot stop the
	// others.
	small = 64 << 10
	// smallGrowth is what the linear memory of an ordinary run grows by at most. It is
	// not counted, because runtimes reserve more than they use; mayGrow looks at what
	// they use.
	smallGrowth = 1 << 20
)

// take counts n bytes of a run that will hold all bytes. A quarter of the limit is
// reserved for bundled guests, so that third-party guests cannot take the memory that
// they need.
func (l *Ledger) take(n, all int64, bundled bool) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	limit := l.limit
	if all > small {
		limit = l.large()
	}
	if l.held+n > limit || !bundled && l.thirdParty+n > l.limit-l.limit/4 {
		return false
	}
	l.add(n, bundled)
	return true
}

// large returns all runs may hold if one of them holds more than small. The caller
// holds l.mu.
func (l *Ledger) large() int64 { return l.limit - l.limit/8 }

func (l *Ledger) give(n int64, bundled bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.add(-n, bundled)
}

func (l *Ledger) add(n int64, bundled bool) {
	l.held += n
	if !bundled {
		l.thirdParty += n
	}
}

// Account is the memory that one run holds. It is not safe for concurrent use.
// The zero Account counts and refuses nothing.
type Account struct {
	ledger  *Ledger
	bundled bool
	limit   int64
	linear  int64 // the guest's linear memory
	free    int64 // the part of linear that counts against limit only
	grown   int64 // the rest of linear
	held    int64 // the host's memory
}

// Open opens the account of a run that may hold limit bytes, including linear
// memory.
func (l *Ledger) Open(limit int64, bundled bool) Account {
	return Account{ledger: l, bundled: bundled, limit: limit}
}

// Hold counts n bytes that are about to be allocated. If it returns ErrRun or
// ErrSum, it has counted nothing.
func (a *Account) Hold(n int) error {
	if a.ledger == nil {
		return nil
	}
	switch size := int64(n); {
	case size > a.Room():
		return ErrRun
	case !a.ledger.take(size, a.held+size, a.bundled):
		return ErrSum
	default:
		a.held += size
		return nil
	}
}

// Release stops counting n bytes.
func (a *Account) Release(n int) {
	if a.ledger == nil {
		return
	}
	size := min(int64(n), a.held)
	a.held -= size
	a.ledger.give(size, a.bundled)
}

// Grow records that the guest's linear memory will grow to size bytes. If it returns
// ErrRun or ErrSum, it has recorded nothing. The first size, whose pages guests share,
// and smallGrowth beyond it count against the run's limit only.
func (a *Account) Grow(size int64) error {
	if a.ledger == nil {
		return nil
	}
	if size > a.linear && size+a.held > a.limit {
		return ErrRun
	}
	first := a.linear == 0
	if first {
		a.free = size + smallGrowth
	}
	counted := max(0, size-a.free)
	if size > a.linear && !first && a.ledger.refuses(counted == 0) {
		return ErrSum
	}
	if !a.ledger.grow(counted - a.grown) {
		return ErrSum
	}
	a.linear, a.grown = size, counted
	return nil
}

// Room returns how many more bytes the run may hold.
func (a *Account) Room() int64 {
	if a.ledger == nil {
		return 1<<63 - 1
	}
	return max(0, a.limit-a.linear-a.held)
}

// Share returns how many bytes the run should ask for at once at most: with little
// memory, less than Room.
func (a *Account) Share() int64 {
	if a.ledger == nil {
		return a.Room()
	}
	return min(a.Room(), a.ledger.half(a.bundled))
}

// Held returns how many bytes the host holds for the run.
func (a *Account) Held() int64 { return a.held }

// Close releases all that the run holds. Afterwards the Account counts nothing.
func (a *Account) Close() {
	if a.held > 0 {
		a.ledger.give(a.held, a.bundled)
	}
	if a.grown != 0 {
		a.ledger.grow(-a.grown)
	}
	*a = Account{}
}

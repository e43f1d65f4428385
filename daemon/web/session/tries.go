package session

import (
	"net/netip"
	"slices"
	"sync"
	"time"
)

// The limits of tries to log in. Beyond the number of addresses, the one that tried
// longest ago is forgotten.
const (
	MaxTries  = 5
	TryWindow = time.Minute
	addresses = 10_000
)

// Tries counts the tries to log in of each address. It is safe for concurrent use.
type Tries struct {
	mu  sync.Mutex
	all map[netip.Addr][]time.Time // the oldest first
}

// NewTries returns Tries without any.
func NewTries() *Tries { return &Tries{all: map[netip.Addr][]time.Time{}} }

// Take counts a try before it is made, so that concurrent ones can't exceed the limit. If
// it is one too many, Take counts nothing, and returns how long to wait.
func (t *Tries) Take(from netip.Addr, now time.Time) (wait time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	recent := slices.DeleteFunc(t.all[from], func(at time.Time) bool { return now.Sub(at) >= TryWindow })
	if len(recent) >= MaxTries {
		t.all[from] = recent
		return TryWindow - now.Sub(recent[0])
	}
	if t.all[from] == nil && len(t.all) >= addresses {
		t.forget(now)
	}
	t.all[from] = append(recent, now)
	return 0
}

// Succeeded takes back the try that was counted at a time.
func (t *Tries) Succeeded(from netip.Addr, at time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	left := t.all[from]
	if n := slices.Index(left, at); n >= 0 {
		left = slices.Delete(left, n, n+1)
	}
	if t.all[from] = left; len(left) == 0 {
		delete(t.all, from)
	}
}

// forget makes a place for an address. The caller holds t.mu.
func (t *Tries) forget(now time.Time) {
	var oldest netip.Addr
	last := now
	for from, all := range t.all {
		at := all[len(all)-1]
		if now.Sub(at) >= TryWindow {
			delete(t.all, from)
		} else if !at.After(last) {
			oldest, last = from, at
		}
	}
	if len(t.all) >= addresses {
		delete(t.all, oldest)
	}
}

package shortage

import (
	"os"
	"sync"
)

// looking is held by the one that looks for room: many at once would take from
// one another, and from others, what they look for.
var looking sync.Mutex

// Room returns a shortage if fewer than n descriptors can be opened right now,
// and nil otherwise. It keeps none of them: another part of the process may
// take one the next moment.
func Room(n int) error {
	looking.Lock()
	defer looking.Unlock()
	held := make([]*os.File, 0, n)
	defer func() {
		for _, f := range held {
			_ = f.Close() // nothing was written to it
		}
	}()
	for range n {
		f, err := os.Open(os.DevNull)
		if s := Of(err); s != nil {
			return s
		}
		if err != nil { // no such device: nothing can be said
			return nil
		}
		held = append(held, f)
	}
	return nil
}

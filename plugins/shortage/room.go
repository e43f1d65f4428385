package shortage

import (
	"os"
	"sync"
)

// looking serializes Room: concurrent calls would take descriptors from one
// another and from the rest of the process.
var looking sync.Mutex

// Room returns a shortage if fewer than n descriptors can be opened right now,
// and nil otherwise. It keeps none of them: another part of the process may
// take one at any time.
func Room(n int) error {
	looking.Lock()
	defer looking.Unlock()
	held := make([]*os.File, 0, n)
	defer func() {
		for _, f := range held {
			_ = f.Close() // read only
		}
	}()
	for range n {
		f, err := os.Open(os.DevNull)
		if s := Of(err); s != nil {
			return s
		}
		if err != nil { // no such device, so the limit is unknown
			return nil
		}
		held = append(held, f)
	}
	return nil
}

package plugins

import (
	"fmt"

	"vega/plugins/ledger"
)

// handles holds the resources that a guest has open.
type handles struct {
	holder ledger.Holder // counts their memory
	open   map[int32]*slot
	last   int32 // the last number assigned
}

// handle is a resource that a guest can open.
type handle interface{ close() }

// slot is a handle and the memory held for it.
type slot struct {
	handle
	held ledger.Holding
}

func (s *slot) close() {
	s.handle.close()
	s.held.Release()
}

// add opens a handle that takes the given bytes of memory, and returns its
// number. On an error it closes h.
func (t *handles) add(h handle, bytes int) (int32, error) {
	s := &slot{handle: h, held: ledger.NewHolding(t.holder)}
	if err := s.held.Grow(bytes); err != nil {
		s.close()
		return 0, err
	}
	if len(t.open) >= maxHandles {
		s.close()
		return 0, fmt.Errorf("%w: %d handles are already open, the maximum; close those no longer needed", ErrQuota, maxHandles)
	}
	if t.open == nil {
		t.open = map[int32]*slot{}
	}
	t.last++
	t.open[t.last] = s
	return t.last, nil
}

// find returns the resource with the given number, or nil.
func (t *handles) find(id int32) handle {
	if s, ok := t.open[id]; ok {
		return s.handle
	}
	return nil
}

// take removes a handle without closing it.
func (t *handles) take(id int32) (*slot, bool) {
	s, ok := t.open[id]
	delete(t.open, id)
	return s, ok
}

func (t *handles) closeAll() {
	for id, s := range t.open {
		s.close()
		delete(t.open, id)
	}
}

// at finds a handle of one kind.
func at[T handle](t *handles, id int32) (T, error) {
	var none T
	s, ok := t.open[id]
	if !ok {
		return none, fmt.Errorf("%w: %d", errClosed, id)
	}
	h, ok := s.handle.(T)
	if !ok {
		return none, fmt.Errorf("%w: handle %d has the wrong kind for this call", errInvalid, id)
	}
	return h, nil
}

// count returns how many handles of one kind are open.
func count[T handle](t *handles) (n int) {
	for _, s := range t.open {
		if _, ok := s.handle.(T); ok {
			n++
		}
	}
	return n
}

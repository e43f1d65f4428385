package plugins

import (
	"errors"
	"fmt"

	"vega/plugins/egress"
	"vega/plugins/ledger"
	"vega/plugins/manifest"
	"vega/sdk/abi"
)

var errNoPages = errors.New("the system gives vega no memory to keep an answer in")

// DefaultHostMemory is what the host holds at most on behalf of all runs.
const DefaultHostMemory manifest.Size = 256 << 20

// SetHostMemory changes how much the host holds on behalf of all runs.
func (s *Sandbox) SetHostMemory(most manifest.Size) { s.ledger.Limit(int64(most)) }

// Hold counts memory that is about to be held on the guest's behalf.
func (g *guest) Hold(bytes int) error {
	err := g.account.Hold(bytes)
	if err != nil && g.forgo() {
		err = g.account.Hold(bytes)
	}
	return g.refused(err)
}

// grow notes how large the guest's own memory is to be, and reports whether
// there is room for it.
func (g *guest) grow(size uint64) bool {
	return g.account.Grow(int64(size)) || g.forgo() && g.account.Grow(int64(size))
}

// forgo gives up the bodies that are kept only in case json is asked for, and
// reports whether there were any.
func (g *guest) forgo() (some bool) {
	for _, s := range g.handles {
		if r, ok := s.handle.(*response); ok && !r.asked && r.kept.held.bytes > 0 {
			r.kept.lose(ledger.ErrRun)
			some = true
		}
	}
	return some
}

// refused notes why memory is not to be had, and is the error for the guest.
func (g *guest) refused(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, ledger.ErrSum):
		_, limit := g.module.sandbox.ledger.Held()
		return g.shortage(fmt.Errorf("there is no memory left for it: vega holds at most %v for all running probes together, a quarter of that for bundled ones alone; raise host_memory in the sandbox block", manifest.Size(limit)))
	case errors.Is(err, errNoPages):
		return g.shortage(err)
	case errors.Is(err, ledger.ErrRun):
		g.overdrawn = fmt.Errorf("the probe and what vega holds for it would take more than the %v of memory that it may have; if you trust it with more, raise memory in the integration", g.memoryLimit())
		return noRoom(g.overdrawn)
	default:
		return err
	}
}

// Release is the opposite of Hold.
func (g *guest) Release(bytes int) { g.account.Release(bytes) }

// shortage notes that a call failed for want of something that is vega's to
// have, and is the error for it: a run that does not come out healthy then says
// nothing of its target.
func (g *guest) shortage(err error) error {
	g.fault(err)
	return noRoom(err)
}

// noRoom is an error that egress passes on as it is.
func noRoom(err error) error { return &egress.Error{Errno: abi.ErrQuota, Text: err.Error()} }

// holding is memory of the host's that something a guest holds open takes.
type holding struct {
	of    *guest
	bytes int
}

// more holds n bytes more.
func (h *holding) more(n int) error {
	if err := h.of.Hold(n); err != nil {
		return err
	}
	h.bytes += n
	return nil
}

// try is more for what the guest can do without: its error is the ledger's, and
// nobody notes it.
func (h *holding) try(n int) error {
	if err := h.of.account.Hold(n); err != nil {
		return err
	}
	h.bytes += n
	return nil
}

// less gives n bytes back.
func (h *holding) less(n int) {
	h.of.Release(n)
	h.bytes -= n
}

// release gives all of it back. It may be called again.
func (h *holding) release() {
	h.of.Release(h.bytes)
	h.bytes = 0
}

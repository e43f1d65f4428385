package plugins

import (
	"errors"
	"fmt"

	"vega/plugins/egress"
	"vega/plugins/ledger"
	"vega/plugins/manifest"
	"vega/plugins/memory"
	"vega/sdk/abi"
)

// SetHostMemory changes the maximum that the host holds on behalf of all runs.
func (s *Sandbox) SetHostMemory(limit manifest.Size) { s.ledger.Limit(int64(limit)) }

// Hold counts memory that is about to be allocated on the guest's behalf.
func (g *guest) Hold(bytes int) error {
	err := g.account.Hold(bytes)
	if err != nil && g.dropBodies() {
		err = g.account.Hold(bytes)
	}
	return g.refused(err)
}

// Release undoes Hold.
func (g *guest) Release(bytes int) { g.account.Release(bytes) }

// LimitGrowth lets the memories of all running probes together grow by more bytes,
// or to at least min bytes.
func (s *Sandbox) LimitGrowth(more, min manifest.Size) {
	s.ledger.LimitGrowth(int64(more), int64(min))
}

// AskBeforeGrowth has mayGrow decide whether the memory of a running probe may grow.
// ordinary says that it will not exceed what an ordinary run needs. mayGrow may be
// called concurrently.
func (s *Sandbox) AskBeforeGrowth(mayGrow func(ordinary bool) bool) {
	s.ledger.AskBeforeGrowth(mayGrow)
}

// crowded is the message of a run whose memory could not grow.
const crowded = "vega has too little memory for all running probes together; give vega more, or use longer intervals"

// GrowMemory implements memory.Owner. What the host holds for the guest counts
// against the guest's memory limit.
func (g *guest) GrowMemory(size, limit uint64) bool {
	if size > limit {
		g.full = ledger.ErrRun
		return false
	}
	err := g.account.Grow(int64(size))
	if err != nil && g.dropBodies() {
		err = g.account.Grow(int64(size))
	}
	if err != nil {
		g.full = err
	}
	if errors.Is(err, ledger.ErrSum) {
		g.blameHost(errors.New(crowded))
	}
	return err == nil
}

// dropBodies frees the bodies that are kept only in case the guest asks for JSON,
// and reports whether there were any.
func (g *guest) dropBodies() (some bool) {
	for _, s := range g.handles.open {
		if r, ok := s.handle.(*response); ok && !r.asked && r.body.Held() > 0 {
			r.body.drop(ledger.ErrRun)
			some = true
		}
	}
	return some
}

// refused records why memory was refused, and returns the error for the guest.
func (g *guest) refused(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, ledger.ErrSum):
		_, limit := g.module.sandbox.ledger.Held()
		return g.shortage(fmt.Errorf("the memory limit of %v for all running probes together is reached (a quarter is reserved for bundled ones); raise host_memory in the sandbox block, or give vega more memory if it has less than four times as much", manifest.Size(limit)))
	case errors.Is(err, memory.ErrNoPages):
		return g.shortage(err)
	case errors.Is(err, ledger.ErrRun):
		g.overdrawn = fmt.Errorf("the probe and what vega holds for it would exceed the probe's memory limit of %v; if you trust it with more, raise memory in the integration", g.memoryLimit())
		return quotaError(g.overdrawn)
	default:
		return err
	}
}

// shortage records that a call failed because vega itself lacked a resource,
// and returns the error of the call. Unless the run is healthy, its result then
// says nothing about the target.
func (g *guest) shortage(err error) error {
	g.blameHost(err)
	return quotaError(err)
}

// quotaError returns an error that egress passes on unchanged.
func quotaError(err error) error { return &egress.Error{Errno: abi.ErrQuota, Text: err.Error()} }

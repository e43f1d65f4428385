package plugins

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"vega/plugins/grant"
	"vega/plugins/ledger"
	"vega/plugins/manifest"
	"vega/plugins/secret"
	"vega/plugins/shortage"
	"vega/policies/check"
	"vega/sdk/abi"
)

// guest is the host's side of one run: what the guest was given, what it holds
// open and what it has said so far. One goroutine uses it at a time.
type guest struct {
	module   *Module
	in       *Input
	instance *instance
	turn     turn
	account  ledger.Account     // what is held of the host's memory
	run      context.Context    // of the whole run
	ctx      context.Context    // for host calls; in those that wait, it ends headStart before the run does
	cancel   context.CancelFunc // of ctx; nil before the first call that waits
	deadline time.Time          // of ctx
	vault    *secret.Vault
	real     session        // the network
	net      Outside        // the same, or what stands in for it
	config   map[string]any // as the guest sees it
	bridge   *bridge        // nil: it speaks vega's own ABI

	away     int8 // waits that have begun and not ended, one within the other
	gave     bool // the token was given back for them
	starting bool // a snapshot is being taken: there is no run yet
	asked    bool // it said or asked something while starting
	rolled   bool // it asked for randomness
	full     bool // it asked for more memory than it may have
	timedOut bool // a host call came to the deadline
	slept    bool

	last      int32 // the handle given out last
	cut       int32 // log lines dropped
	handles   map[int32]*slot
	lastError string
	own       error // the first call that failed for vega's own reasons; nil if none did
	overdrawn error // why a call failed that asked for more than the run may have; nil if none did

	// What it said, as it said it: redact takes the secrets out once it has ended.
	message string
	details map[string]string
	metrics []check.Metric
	denied  []string
	log     []logLine

	overflow string // the cap that the probe's output went over

	stdout, stderr *lineWriter // nil: nothing was printed yet
}

// handle is something a guest holds open.
type handle interface{ close() }

// slot has a handle and the memory that is held for it.
type slot struct {
	handle
	held holding
}

func (s *slot) close() {
	s.handle.close()
	s.held.release()
}

func (m *Module) newGuest(in *Input, probe *manifest.Probe, deadline time.Time) (*guest, error) {
	vault, err := secret.NewVault(probe, in.Values)
	if err != nil {
		return nil, err
	}
	g := &guest{
		module: m, in: in, vault: vault, deadline: deadline.Add(-headStart),
		config: configTree(vault.Masked()), details: map[string]string{}, metrics: []check.Metric{},
	}
	g.account = m.sandbox.ledger.Open(int64(g.memoryLimit()), m.bundled)
	if m.bridged {
		if g.bridge, err = m.newBridge(in); err != nil {
			return nil, err
		}
	}
	g.real = session{m.sandbox.options.Network.Session(&in.Grants, vault, g.audit), vault}
	g.real.Trace, g.real.Account, g.real.Sockets = in.Trace, network{g}, in.Sockets
	g.net = &g.real
	if in.Around != nil {
		g.net = in.Around(&g.real)
	}
	if in.Grease {
		grease(g.config)
	}
	return g, nil
}

// arm begins a call that may wait: there has to be time left to say for what.
func (g *guest) arm() {
	if g.cancel == nil {
		g.ctx, g.cancel = context.WithDeadline(g.run, g.deadline)
	}
}

// wait does what the guest waits for, without holding on to the processor.
func (g *guest) wait(do func()) {
	g.leave()
	defer g.comeBack()
	do()
}

func (g *guest) leave() {
	if g.away++; g.away == 1 {
		g.gave = g.turn.give()
	}
}

func (g *guest) comeBack() {
	if g.away--; g.away == 0 && g.gave {
		g.turn.take() // a run that gets no turn any more is at its end, and is ended
	}
}

// goOut and comeIn are around calls of the network, which knows itself when it
// waits; what stands in for it does not.
func (g *guest) goOut() {
	if g.in.Around != nil {
		g.leave()
	}
}

func (g *guest) comeIn() {
	if g.in.Around != nil {
		g.comeBack()
	}
}

// sleep ends a little before the run does, once: the guest may say what it
// waited for. After that there is nothing left to say.
func (g *guest) sleep(d time.Duration) {
	g.slept = true
	g.arm()
	g.wait(func() {
		t := time.NewTimer(d)
		defer t.Stop()
		end := g.ctx
		if end.Err() != nil {
			end = g.run
		}
		select {
		case <-t.C:
		case <-end.Done():
		}
	})
}

// end lets go of all that the run held, also where closing fails on the way.
func (g *guest) end() {
	defer g.account.Close()
	g.closeAll()
	g.endLog()
	if g.cancel != nil {
		g.cancel()
	}
}

// closeAll ends what the guest left open.
func (g *guest) closeAll() {
	for id, h := range g.handles {
		h.close()
		delete(g.handles, id)
	}
}

// open gives out a handle, or the errno of one too many.
func (g *guest) open(h handle) int32 { return g.openHolding(h, 0) }

// openHolding is open for what takes so many bytes of memory.
func (g *guest) openHolding(h handle, bytes int) int32 {
	s := &slot{handle: h, held: holding{of: g}}
	if err := s.held.more(bytes); err != nil {
		s.close()
		return g.fail(err)
	}
	if len(g.handles) >= maxHandles {
		s.close()
		return g.fail(fmt.Errorf("%w: more than %d handles are open; close what is no longer needed", ErrQuota, maxHandles))
	}
	if g.handles == nil {
		g.handles = map[int32]*slot{}
	}
	g.last++
	g.handles[g.last] = s
	return g.last
}

// handle is what is open under a number, nil if nothing is.
func (g *guest) handle(id int32) handle {
	if s, ok := g.handles[id]; ok {
		return s.handle
	}
	return nil
}

// at finds a handle of one kind.
func at[T handle](g *guest, id int32) (T, error) {
	var none T
	s, ok := g.handles[id]
	if !ok {
		return none, fmt.Errorf("%w: %d", errClosed, id)
	}
	t, ok := s.handle.(T)
	if !ok {
		return none, fmt.Errorf("%w: handle %d is of another kind", errInvalid, id)
	}
	return t, nil
}

// fail remembers the text of an error for the error call and answers its
// errno. Secrets are taken out of the text before it is made one line: a
// secret may have several. The guest sees the text, so only whole ones are. A
// shortage of vega's own is noted for the verdict.
func (g *guest) fail(err error) int32 {
	if short := shortage.Of(err); short != nil {
		g.fault(short)
	}
	code := errno(err)
	if code == abi.ErrTimeout {
		g.timedOut = true
	}
	g.lastError = check.Clip(check.OneLine(g.vault.Hide(err.Error())), maxArgument)
	if g.in.Grease && code == abi.ErrIO {
		return strangeErrno
	}
	return int32(code)
}

// failOwn is fail for a call that reaches no target: whatever goes wrong in it
// is vega's.
func (g *guest) failOwn(what string, err error) int32 {
	if short := shortage.Of(err); short != nil {
		g.fault(short)
	} else {
		g.fault(fmt.Errorf("%s: %w", what, err))
	}
	return g.fail(err)
}

// fault keeps why vega itself failed the run, the first time.
func (g *guest) fault(err error) {
	if g.own == nil {
		g.own = err
	}
}

// audit keeps a denied call for the result.
func (g *guest) audit(err error) {
	text := err.Error()
	text = text[:min(len(text), g.keptOf(maxMessage))]
	if len(g.denied) < maxAudit && !slices.Contains(g.denied, text) {
		g.denied = append(g.denied, text)
	}
}

// deny audits a denial that was judged outside egress, and answers it.
func (g *guest) deny(err error) int32 {
	var d *grant.Denial
	if errors.As(err, &d) {
		g.audit(err)
	}
	return g.fail(err)
}

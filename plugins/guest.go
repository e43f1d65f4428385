package plugins

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"time"

	"vega/plugins/egress"
	"vega/plugins/engine"
	"vega/plugins/ledger"
	"vega/plugins/manifest"
	"vega/plugins/options"
	"vega/plugins/scheduler"
	"vega/plugins/secret"
	"vega/policies/check"
)

// guest is the host's side of one run: what the guest was given, what it holds
// open and what it has reported so far. One goroutine uses it at a time.
type guest struct {
	module   *Module
	in       *Input
	instance *engine.Instance
	lease    scheduler.Lease
	account  ledger.Account     // counts the host's memory
	run      context.Context    // of the whole run
	ctx      context.Context    // for host calls; for those that wait, it ends headStart before run does
	cancel   context.CancelFunc // of ctx; nil before the first call that waits
	deadline time.Time          // of ctx
	vault    *secret.Vault
	real     session      // the real network
	net      Outside      // real, or its replacement
	options  options.Tree // as the guest sees them
	bridge   *bridge      // nil if the guest uses vega's own ABI
	handles  handles
	output   output

	away     int8  // depth of nested waits
	gave     bool  // the token was returned for the waits
	starting bool  // a snapshot is being taken and no run has started
	asked    bool  // the guest made a call or printed something while starting
	rolled   bool  // the guest read random bytes
	full     error // why the memory of the guest could not grow: ledger.ErrRun or ErrSum
	timedOut bool  // a host call reached the deadline
	slept    bool

	last       lastError // for the error call
	undeclared string    // the first option that it read and the manifest lacks; "" for none
	own        error     // the first call failure that is vega's own fault
	overdrawn  error     // the failure of a call that exceeded a limit of the run
}

func (m *Module) newGuest(in *Input, probe *manifest.Probe, deadline time.Time) (*guest, error) {
	vault, err := secret.NewVault(probe, in.Values)
	if err != nil {
		return nil, err
	}
	g := &guest{module: m, in: in, vault: vault, deadline: deadline.Add(-headStart), options: options.New(vault.Masked())}
	g.account = m.sandbox.ledger.Open(int64(g.memoryLimit()), m.bundled)
	g.handles.holder = g
	g.output = output{vault: vault, holder: g, account: &g.account, details: map[string]string{}, metrics: []check.Metric{}}
	if m.bridged {
		if g.bridge, err = m.newBridge(in); err != nil {
			return nil, err
		}
	}
	g.real = session{egress.Judge{Session: m.sandbox.options.Network.Session(&in.Grants, vault, g.output.audit)}, vault}
	g.real.Trace, g.real.Account, g.real.Sockets, g.real.Transport = in.Trace, network{g}, in.Sockets, in.Transport
	if in.Certificate {
		g.real.Seen.Redact = vault.Redact
	}
	g.real.Span, g.real.Filled = in.Span, probe.Fills()
	g.net = &g.real
	if in.Around != nil {
		g.net = in.Around(&g.real)
	}
	if in.Grease {
		g.options.Grease()
	}
	return g, nil
}

// memoryLimit returns the limit on the guest's memory and what the host holds
// for it.
func (g *guest) memoryLimit() manifest.Size {
	if g.in.Memory == 0 {
		return DefaultMemory
	}
	return min(g.in.Memory, engine.MaxMemory)
}

// end releases everything that the run holds, even if closing part of it fails.
func (g *guest) end() {
	defer g.account.Close()
	g.handles.closeAll()
	g.output.stdout.end()
	g.output.stderr.end()
	g.output.flush(func(level slog.Level, line string) {
		g.module.sandbox.options.Log(g.run, g.in.Integration, level, line)
	})
	if g.cancel != nil {
		g.cancel()
	}
}

// arm begins a call that may wait. It ensures that enough time is left to
// report what the guest waited for.
func (g *guest) arm() {
	if g.cancel == nil {
		g.ctx, g.cancel = context.WithDeadline(g.run, g.deadline)
	}
}

// wait calls do without holding a token, because the guest waits in it.
func (g *guest) wait(do func()) {
	g.leave()
	defer g.comeBack()
	do()
}

// leave begins a wait. Waits may be nested.
func (g *guest) leave() {
	if g.away++; g.away == 1 {
		g.gave = g.lease.Give()
	}
}

// comeBack ends the wait that leave began.
func (g *guest) comeBack() {
	if g.away--; g.away == 0 && g.gave {
		g.lease.Take() // without a token the run has ended, and the next check stops it
	}
}

// goOut begins a network call. The real network calls leave itself when it
// waits; a replacement does not.
func (g *guest) goOut() {
	if g.in.Around != nil {
		g.leave()
	}
}

// comeIn ends the call that goOut began.
func (g *guest) comeIn() {
	if g.in.Around != nil {
		g.comeBack()
	}
}

// Sleep implements engine.Host. Once per run, it returns shortly before the
// deadline, so the guest can report what it waited for.
func (g *guest) Sleep(d time.Duration) {
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

// Now implements engine.Host.
func (g *guest) Now() time.Time { return g.in.now() }

// maxRandom limits the random bytes returned by one read. Without it, a guest
// could request as many as fit in its memory.
const maxRandom = 64 << 10

// Random implements engine.Host.
func (g *guest) Random(b []byte) (int, error) {
	g.rolled = true
	if err := g.run.Err(); err != nil {
		return 0, err
	}
	return rand.Read(b[:min(len(b), maxRandom)])
}

// Stdout implements engine.Host.
func (g *guest) Stdout() io.Writer {
	if g.bridge != nil {
		return printer{g}
	}
	if g.output.stdout == nil {
		g.output.stdout = &lineWriter{g: g, level: slog.LevelInfo}
	}
	return g.output.stdout
}

// Stderr implements engine.Host. It drops what a runtime writes after its memory could
// not grow, a stack trace that says nothing about the probe.
func (g *guest) Stderr() io.Writer {
	if errors.Is(g.full, ledger.ErrSum) {
		return io.Discard
	}
	if g.output.stderr == nil {
		g.output.stderr = &lineWriter{g: g, level: slog.LevelWarn}
	}
	return g.output.stderr
}

// Args implements engine.Host.
func (g *guest) Args() []string {
	if g.bridge == nil {
		return nil
	}
	return g.bridge.args
}

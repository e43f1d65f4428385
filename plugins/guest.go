package plugins

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"time"

	"vega/plugins/grant"
	"vega/plugins/manifest"
	"vega/plugins/secret"
	"vega/sdk/abi"
)

// guest is the host's side of one run: what the guest was given, what it holds
// open and what it has said so far. One goroutine uses it at a time.
type guest struct {
	sandbox  *Sandbox
	module   *Module
	in       *Input
	instance *instance
	turn     turn
	run      context.Context    // of the whole run
	ctx      context.Context    // for host calls; in those that wait, it ends headStart before the run does
	cancel   context.CancelFunc // of ctx; nil before the first call that waits
	deadline time.Time          // of ctx
	vault    *secret.Vault
	real     session        // the network
	net      Outside        // the same, or what stands in for it
	config   map[string]any // as the guest sees it
	bridge   *bridge        // nil: it speaks vega's own ABI

	starting bool // a snapshot is being taken: there is no run yet
	asked    bool // it said or asked something while starting
	rolled   bool // it asked for randomness

	handles   map[int32]handle
	last      int32 // the handle given out last
	lastError string

	message  string
	details  map[string]string
	metrics  []Metric
	denied   []string
	full     bool // it asked for more memory than it may have
	timedOut bool // a host call came to the deadline
	slept    bool
	overflow string // the cap that the probe's output went over
	lines    int    // log lines written
	cut      int    // log lines dropped

	stdout, stderr lineWriter
}

// handle is something a guest holds open.
type handle interface{ close() }

func (m *Module) newGuest(in *Input, probe *manifest.Probe, deadline time.Time) (*guest, error) {
	vault, err := secret.NewVault(probe, in.Values)
	if err != nil {
		return nil, err
	}
	g := &guest{
		sandbox: m.sandbox, module: m, in: in, vault: vault, deadline: deadline.Add(-headStart),
		config: configTree(vault.Masked()), details: map[string]string{}, metrics: []Metric{},
	}
	if m.bridged {
		if g.bridge, err = m.newBridge(in); err != nil {
			return nil, err
		}
	}
	g.real = session{m.sandbox.options.Network.Session(&in.Grants, vault, g.audit), vault}
	g.real.Trace = in.Trace
	g.net = &g.real
	if in.Around != nil {
		g.net = in.Around(&g.real)
	}
	if in.Grease {
		grease(g.config)
	}
	g.stdout, g.stderr = lineWriter{g: g, level: slog.LevelInfo}, lineWriter{g: g, level: slog.LevelWarn}
	return g, nil
}

// wait does what the guest waits for, without holding on to the processor.
func (g *guest) wait(do func()) {
	if g.cancel == nil {
		g.ctx, g.cancel = context.WithDeadline(g.run, g.deadline)
	}
	g.turn.give()
	do()
	g.turn.take() // a run that gets no turn any more is at its end, and is ended
}

// sleep ends a little before the run does, once: the guest may say what it
// waited for. After that there is nothing left to say.
func (g *guest) sleep(d time.Duration) {
	g.slept = true
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

// end lets go of all that the run held.
func (g *guest) end() {
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
func (g *guest) open(h handle) int32 {
	if len(g.handles) >= maxHandles {
		h.close()
		return g.fail(fmt.Errorf("%w: more than %d handles are open; close what is no longer needed", ErrQuota, maxHandles))
	}
	if g.handles == nil {
		g.handles = map[int32]handle{}
	}
	g.last++
	g.handles[g.last] = h
	return g.last
}

// at finds a handle of one kind.
func at[T handle](g *guest, id int32) (T, error) {
	var none T
	h, ok := g.handles[id]
	if !ok {
		return none, fmt.Errorf("%w: %d", errClosed, id)
	}
	t, ok := h.(T)
	if !ok {
		return none, fmt.Errorf("%w: handle %d is of another kind", errInvalid, id)
	}
	return t, nil
}

// fail remembers the text of an error for the error call and answers its
// errno. Secrets are taken out of the text before it is made one line: a
// secret may have several.
func (g *guest) fail(err error) int32 {
	code := errno(err)
	if code == abi.ErrTimeout {
		g.timedOut = true
	}
	g.lastError = clip(oneLine(g.vault.HideString(err.Error())), maxArgument)
	if g.in.Grease && code == abi.ErrIO {
		return strangeErrno
	}
	return int32(code)
}

// audit keeps a denied call for the result.
func (g *guest) audit(err error) {
	text := oneLine(g.vault.Redact(err.Error()))
	for _, d := range g.denied {
		if d == text {
			return
		}
	}
	if len(g.denied) < maxAudit {
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

func (g *guest) say(text string) {
	if len(text) > maxMessage {
		g.over("a message of more than 1 KiB")
	}
	g.message = clip(oneLine(g.vault.Redact(text)), maxMessage)
}

func (g *guest) addDetail(name, value string) {
	_, again := g.details[name]
	switch {
	case len(name) == 0 || len(name) > maxName:
		g.over("a detail's name that is empty or longer than 128 bytes")
	case !again && len(g.details) >= maxDetails:
		g.over("more than 64 details")
	case len(value) > maxDetail:
		g.over("a detail of more than 4 KiB")
	default:
		g.details[oneLine(g.vault.Redact(name))] = oneLine(g.vault.Redact(value))
	}
}

func (g *guest) addMetric(name string, value float64, unit string) {
	switch {
	case len(name) == 0 || len(name) > maxName || len(unit) > maxName:
		g.over("a metric's name or unit that is empty or longer than 128 bytes")
	case math.IsNaN(value) || math.IsInf(value, 0):
		g.over("a metric that is no number")
	case len(g.metrics) >= maxMetrics:
		g.over("more than 64 metrics")
	default:
		g.metrics = append(g.metrics, Metric{oneLine(g.vault.Redact(name)), value, oneLine(g.vault.Redact(unit))})
	}
}

func (g *guest) over(what string) {
	if g.overflow == "" {
		g.overflow = what
	}
}

// write is one log line of the guest, within its allowance.
func (g *guest) write(level slog.Level, text string) {
	if g.starting {
		g.asked = true
		return
	}
	if g.bridge != nil {
		g.bridge.heard(text)
	}
	if g.lines >= maxLogLines {
		g.cut++
		return
	}
	g.lines++
	g.sandbox.options.Log(g.run, g.in.Integration, level, oneLine(g.vault.Redact(clip(text, maxLogLine))))
}

// endLog writes what is left of the streams and says how much of the log was
// cut.
func (g *guest) endLog() {
	g.stdout.end()
	g.stderr.end()
	if g.cut > 0 {
		g.sandbox.options.Log(g.run, g.in.Integration, slog.LevelWarn,
			fmt.Sprintf("%d further log lines of this run were dropped (at most %d are kept)", g.cut, maxLogLines))
	}
}

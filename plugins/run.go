package plugins

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/tetratelabs/wazero/api"

	"vega/plugins/manifest"
)

const (
	i32, i64, f64 = api.ValueTypeI32, api.ValueTypeI64, api.ValueTypeF64

	initialize = "_initialize"
)

// Run runs a probe, of which each run starts afresh. It returns within in.Timeout whatever
// the guest does, and the Result says whose fault it was when the run did not
// come out healthy.
func (m *Module) Run(ctx context.Context, in Input) Result {
	began := time.Now()
	result := m.run(ctx, &in, began.Add(in.Timeout))
	result.Took = time.Since(began)
	return result
}

func (m *Module) run(parent context.Context, in *Input, deadline time.Time) Result {
	if !m.enter() {
		return hostFault("the plugin was withdrawn while this run was starting")
	}
	defer m.leave()
	probe, index := m.Manifest.Probe(in.Probe)
	if index < 0 {
		return probeFault(fmt.Sprintf("the plugin %s has no probe %q", m.Manifest.Name, in.Probe))
	}
	in.Grants.Anywhere = in.Grants.Anywhere || m.Embedded()
	g, err := m.newGuest(in, probe, deadline)
	if err != nil {
		return probeFault(err.Error())
	}
	return m.serve(parent, g, index, deadline)
}

// serve runs a guest to its end.
func (m *Module) serve(parent context.Context, g *guest, index int, deadline time.Time) Result {
	ctx, cancel := context.WithDeadline(parent, deadline)
	defer cancel()
	g.run = context.WithValue(ctx, guestKey{}, g)
	g.ctx = g.run
	g.turn = turn{lane: m.laneOf(g.in), budget: m.sandbox.tokens.budget, ctx: g.run, end: cancel}
	defer g.end()
	defer g.turn.give()
	code, err := m.execute(g, index)
	if g.bridge != nil {
		code, err = g.translate(code, err)
	}
	g.redact()
	g.turn.give() // only now: that computed
	m.record.keep(g.in, &g.turn)
	return g.verdict(parent, code, err)
}

// execute runs the probe in an instance in which nothing ran before, or of
// which nothing is left that did. The token that it takes is the caller's to give
// back.
func (m *Module) execute(g *guest, index int) (int32, error) {
	ctx := g.run
	if err := late(ctx); err != nil {
		return 0, err
	}
	if !m.admit(g) {
		return 0, late(ctx)
	}
	i, err := m.fresh(ctx, g)
	if err != nil {
		return 0, err
	}
	code, err := i.call(ctx, index)
	if err != nil || !m.keep(i) {
		i.close()
	}
	return code, err
}

// admit waits for a token. Who turned out to compute for long while this run
// stood in line, by another run of its probe, goes to the other line.
func (m *Module) admit(g *guest) bool {
	if !g.turn.take() {
		return false
	}
	lane := m.laneOf(g.in)
	if lane == g.turn.lane {
		return true
	}
	g.turn.give()
	g.turn.lane = lane
	return g.turn.take()
}

// fresh is an instance at its beginning.
func (m *Module) fresh(ctx context.Context, g *guest) (*instance, error) {
	if i := m.idle.take(g.memoryLimit()); i != nil {
		i.guest, g.instance = g, i
		g.account.Grow(int64(i.memory.size)) // there is nothing beside it yet
		return i, nil
	}
	i, err := m.instantiate(ctx, g)
	if err != nil {
		return nil, err
	}
	if err = late(ctx); err == nil {
		err = i.begin(ctx)
	}
	if err != nil {
		i.close()
		return nil, err
	}
	return i, nil
}

// late says that the deadline passed while no code of the guest had run yet:
// that time was vega's.
func late(ctx context.Context) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return fmt.Errorf("%w: the whole of its timeout had passed by then", errHost)
	}
	return ctx.Err()
}

func (g *guest) memoryLimit() manifest.Size {
	if g.in.Memory == 0 {
		return DefaultMemory
	}
	return min(g.in.Memory, MaxMemory)
}

type guestKey struct{}

// lineWriter turns a stream of a guest into log lines.
type lineWriter struct {
	g     *guest
	level slog.Level
	line  []byte
}

// Write takes what is over the allowance too; it is counted and dropped. It
// fails once the run has ended: one call may write without end.
func (w *lineWriter) Write(b []byte) (int, error) {
	w.g.asked = w.g.asked || w.g.starting
	if err := w.g.run.Err(); err != nil {
		return 0, err
	}
	n := len(b)
	for {
		end := bytes.IndexByte(b, '\n')
		if end < 0 {
			w.add(b)
			return n, nil
		}
		w.add(b[:end])
		w.g.write(w.level, string(w.line))
		w.line = w.line[:0]
		b = b[end+1:]
		if len(w.g.log) >= maxLogLines {
			w.g.cut += int32(bytes.Count(b, []byte{'\n'}))
			b = b[bytes.LastIndexByte(b, '\n')+1:]
		}
	}
}

// add is as much of b as a line may have, and enough more that a secret at its end
// is there as a whole.
func (w *lineWriter) add(b []byte) {
	w.line = append(w.line, b[:min(len(b), w.g.keptOf(maxLogLine)-len(w.line))]...)
}

// end writes a last line that was not ended.
func (w *lineWriter) end() {
	if w != nil && len(w.line) > 0 {
		w.g.write(w.level, string(w.line))
	}
}

package plugins

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"vega/plugins/manifest"
	"vega/sdk/abi"
)

const (
	i32, i64, f64 = api.ValueTypeI32, api.ValueTypeI64, api.ValueTypeF64

	initialize = "_initialize"
)

// Run runs a probe in a fresh instance. It returns within in.Timeout whatever
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
	_, index := m.Manifest.Probe(in.Probe)
	if index < 0 {
		return probeFault(fmt.Sprintf("the plugin %s has no probe %q", m.Manifest.Name, in.Probe))
	}
	ctx, cancel := context.WithDeadline(parent, deadline)
	defer cancel()
	g, cancelCalls, err := m.newGuest(ctx, in, deadline)
	if err != nil {
		return probeFault(err.Error())
	}
	defer cancelCalls()
	defer g.endLog()
	defer g.closeAll()

	code, err := m.execute(ctx, g, index)
	return g.verdict(parent, code, err)
}

// execute instantiates the module, initialises its runtime and runs the probe.
// The instance is closed whatever happens: no state outlives a run.
func (m *Module) execute(ctx context.Context, g *guest, index int) (code int32, err error) {
	ctx = context.WithValue(ctx, guestKey{}, g)
	if err := late(ctx); err != nil {
		return 0, err
	}
	instance, err := m.instantiate(ctx, g)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, instance.Close(context.WithoutCancel(ctx))) }()
	if err := late(ctx); err != nil {
		return 0, err
	}
	if err := m.begin(ctx, instance); err != nil {
		return 0, err
	}
	out, err := instance.ExportedFunction(abi.RunExport).Call(ctx, uint64(index))
	if err != nil {
		return 0, err
	}
	return api.DecodeI32(out[0]), nil
}

// late says that the deadline passed while no code of the guest had run yet:
// that time was vega's.
func late(ctx context.Context) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return fmt.Errorf("%w: the whole of its timeout had passed by then", errHost)
	}
	return nil
}

// begin brings the instance to where its probe can run.
func (m *Module) begin(ctx context.Context, instance api.Module) error {
	if m.snapshot != nil {
		return m.snapshot.restore(instance)
	}
	if start := instance.ExportedFunction(initialize); start != nil {
		_, err := start.Call(ctx)
		return err
	}
	return nil
}

func (m *Module) instantiate(ctx context.Context, g *guest) (_ api.Module, err error) {
	limit := g.memoryLimit()
	if least := uint64(m.compiled.ExportedMemories()["memory"].Min()) * pageSize; least > uint64(limit) {
		return nil, fmt.Errorf("%w: the module starts with %v and may have %v; raise memory in the integration", errMemory, manifest.Size(least), limit)
	}
	defer func() {
		if r := recover(); r != nil { // no address space left for the guest's memory
			err = fmt.Errorf("%w: %v", errHost, r)
		}
	}()
	ctx = experimental.WithMemoryAllocator(ctx, memoryOf(uint64(limit), m.start, &g.full))
	return m.engine.runtime.InstantiateModule(ctx, m.compiled, m.surroundings(g))
}

func (g *guest) memoryLimit() manifest.Size {
	if g.in.Memory == 0 {
		return DefaultMemory
	}
	return min(g.in.Memory, MaxMemory)
}

// surroundings are what WASI serves: clocks, randomness, and two streams that
// end in the log. No file, variable, argument or socket.
func (m *Module) surroundings(g *guest) wazero.ModuleConfig {
	g.stdout, g.stderr = lineWriter{g: g, level: slog.LevelInfo}, lineWriter{g: g, level: slog.LevelWarn}
	return wazero.NewModuleConfig().
		WithName("").
		WithStartFunctions().
		WithSysWalltime().
		WithSysNanotime().
		WithNanosleep(g.sleep).
		WithRandSource(rand.Reader).
		WithStdout(&g.stdout).
		WithStderr(&g.stderr)
}

// sleep ends with the run, unlike the system's.
func (g *guest) sleep(ns int64) {
	t := time.NewTimer(time.Duration(ns))
	defer t.Stop()
	select {
	case <-t.C:
	case <-g.ctx.Done():
	}
}

type guestKey struct{}

// lineWriter turns a stream of a guest into log lines.
type lineWriter struct {
	g     *guest
	level slog.Level
	line  []byte
}

// Write never fails: what is over the allowance is counted and dropped.
func (w *lineWriter) Write(b []byte) (int, error) {
	w.g.asked = w.g.asked || w.g.starting
	for _, c := range b {
		if c == '\n' {
			w.g.write(w.level, string(w.line))
			w.line = w.line[:0]
		} else if len(w.line) < maxLogLine {
			w.line = append(w.line, c)
		}
	}
	return len(b), nil
}

// end writes a last line that was not ended.
func (w *lineWriter) end() {
	if len(w.line) > 0 {
		w.g.write(w.level, string(w.line))
	}
}

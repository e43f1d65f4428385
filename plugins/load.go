package plugins

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"vega/plugins/compiler"
	"vega/plugins/engine"
	"vega/plugins/guard"
	"vega/plugins/manifest"
	"vega/plugins/scheduler"
	"vega/sdk/abi"
)

// Module is a loaded plugin. Any number of runs may use it concurrently.
type Module struct {
	*manifest.Module
	sandbox *Sandbox
	bundled bool // it is Core
	bridged bool // it was written for Nagios: see bridge.go
	facts   guard.Facts
	engine  *engine.Engine
	pool    *engine.Pool
	history scheduler.History

	mu      sync.Mutex
	running int
	closed  bool
}

// Load checks a module and compiles it, or takes the compiled code from the
// cache. Its error explains to the operator why a module is refused.
func (s *Sandbox) Load(ctx context.Context, wasm []byte) (*Module, error) {
	if len(wasm) > manifest.MaxModule {
		return nil, fmt.Errorf("it is %d bytes; at most %d are allowed", len(wasm), manifest.MaxModule)
	}
	digest := manifest.Digest(wasm)
	if err := s.compiler.Refused(digest); err != nil {
		return nil, err
	}
	m, err := s.load(ctx, wasm, digest)
	s.compiler.Remember(ctx, digest, err)
	return m, err
}

// Ready reports whether Load returns without compiling in a child, because the
// cache has the module or the reason why it is refused.
func (s *Sandbox) Ready(digest string) bool { return s.compiler.Ready(digest) }

// Compile makes the module ready to be loaded, which may take half a minute of
// CPU time. Its error is the one that Load would return.
func (s *Sandbox) Compile(ctx context.Context, wasm []byte) error {
	return s.compiler.Compile(ctx, wasm, manifest.Digest(wasm))
}

// Uncached reports whether the cache could not be written to when it was last
// tried.
func (s *Sandbox) Uncached() bool { return s.compiler.Uncached() }

// Keep writes a module that was compiled without the cache to the cache, if that
// has become possible.
func (s *Sandbox) Keep(ctx context.Context, wasm []byte) error {
	return s.compiler.Keep(ctx, wasm, manifest.Digest(wasm))
}

// CompileChild is the body of the child process that Options.Compiler starts: it
// limits itself, reads and compiles the module, and writes the result to dir. If dir
// is empty, it keeps nothing.
func CompileChild(ctx context.Context, module io.Reader, dir string) error {
	return compiler.Child(ctx, module, dir, checkImports)
}

// IsRefusal reports whether err, from Load or Compile, refuses a module because
// of its content, as opposed to something that vega or its machine lacked.
func IsRefusal(err error) bool { return compiler.IsRefusal(err) }

// RetryAfter returns when to load a module again after Load or Compile returned
// err; 0 means never, because the same module will fail again.
func RetryAfter(err error) time.Duration { return compiler.RetryAfter(err) }

func (s *Sandbox) load(ctx context.Context, wasm []byte, digest string) (*Module, error) {
	bundled := bytes.Equal(wasm, core)
	p, e, err := s.compiler.Load(ctx, wasm, digest, bundled)
	if err != nil {
		return nil, err
	}
	return s.assemble(ctx, p, e, bundled)
}

// assemble makes a Module from a compiled program. It takes ownership of the
// engine.
func (s *Sandbox) assemble(ctx context.Context, p *compiler.Program, e *engine.Engine, bundled bool) (*Module, error) {
	if err := serveHost(ctx, e); err != nil {
		return nil, errors.Join(fmt.Errorf("open the sandbox: %w", err), e.Close())
	}
	if err := compiler.Refuse(checkModule(p, e)); err != nil {
		return nil, errors.Join(err, e.Close())
	}
	m := &Module{
		Module: p.Read, sandbox: s, bundled: bundled, bridged: p.Read.Manifest.ABI == manifest.Nagios,
		facts: p.Facts, engine: e,
	}
	m.pool = engine.NewPool(e, m.entry(), p.Image, s.pages)
	if m.facts.Known && m.facts.Resettable && !m.bridged { // an instance of a command runs only once
		m.takeSnapshot(ctx)
		if ctx.Err() != nil { // the module would stay without a snapshot
			return nil, errors.Join(ctx.Err(), m.Close())
		}
	}
	return m, nil
}

// startTime limits the initialization of a module for its snapshot.
const startTime = time.Second

// takeSnapshot initializes the module once, for all runs. A module that asks the
// host for anything while it starts gets no snapshot, since the answer may differ
// from run to run. Go's runtime is allowed to ask for randomness: it seeds its
// maps and math/rand with it, and crypto/rand asks again in each run.
func (m *Module) takeSnapshot(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	g := &guest{module: m, in: &Input{}, starting: true}
	ctx = context.WithValue(ctx, guestKey{}, g)
	g.run, g.ctx = ctx, ctx
	g.lease = m.sandbox.scheduler.Lease(ctx, cancel, m.sandbox.scheduler.Slow())
	if !g.lease.Take() {
		return
	}
	defer g.lease.Give()
	i, err := m.pool.New(ctx, g, g.memoryLimit())
	if err != nil {
		return // each run will report it
	}
	defer i.Close()
	g.instance = i
	if err := i.Initialize(ctx); err != nil || g.asked || g.rolled && !m.facts.Go {
		m.recordStart(g)
		return
	}
	m.pool.Snapshot(i, m.facts.Globals)
}

// recordStart records an initialization that computed until it was stopped, for
// all probes of the module.
func (m *Module) recordStart(g *guest) {
	g.lease.Give()
	if g.lease.Spent() {
		for _, p := range m.Manifest.Probes {
			m.history.Record(scheduler.Job{Probe: p.Name}, &g.lease)
		}
	}
}

// entry returns the name of the function that runs a probe.
func (m *Module) entry() string {
	if m.bridged {
		return engine.Command
	}
	return abi.RunExport
}

// Close withdraws the module: no new run starts, and its code is freed when the
// last run has ended.
func (m *Module) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return nil
	}
	m.closed = true
	m.pool.Withdraw()
	return m.freeIfIdle()
}

func (m *Module) enter() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return false
	}
	m.running++
	return true
}

func (m *Module) leave() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.running--
	_ = m.freeIfIdle() // closing compiled code only unmaps it
}

func (m *Module) freeIfIdle() error {
	if !m.closed || m.running > 0 {
		return nil
	}
	m.pool.Close()
	return m.engine.Close()
}

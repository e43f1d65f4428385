package plugins

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"vega/plugins/guard"
	"vega/plugins/manifest"
	"vega/sdk/abi"
)

// wasi is the import module of WASI, which every guest may import: it is
// served without files, environment, arguments or sockets.
const wasi = "wasi_snapshot_preview1"

// Module is a loaded plugin. It can be run by many at once.
type Module struct {
	*manifest.Module
	sandbox  *Sandbox
	bundled  bool // it is Core
	facts    guard.Facts
	engine   *engine
	compiled wazero.CompiledModule
	start    *image    // nil: the module brings its own data
	snapshot *snapshot // nil: every run initialises the module itself

	mu      sync.Mutex
	running int
	closed  bool
	idle    idle
	record  record
}

// Load checks a module and compiles it, or takes the compiled code from the
// cache. The error says why a module is refused, for the person who dropped it
// in.
func (s *Sandbox) Load(ctx context.Context, wasm []byte) (*Module, error) {
	if len(wasm) > manifest.MaxModule {
		return nil, fmt.Errorf("it is %d bytes; at most %d are allowed", len(wasm), manifest.MaxModule)
	}
	facts, err := guard.Check(wasm)
	if err != nil && !s.without.check {
		return nil, err
	}
	read, err := manifest.Read(wasm)
	if err != nil {
		return nil, err
	}
	if err := checkImports(read); err != nil {
		return nil, err
	}
	guarded, err := guard.Rewrite(wasm)
	if s.without.rewrite || err != nil && s.without.check {
		guarded, err = wasm, nil
	}
	if err != nil {
		return nil, err
	}
	code, data := liftData(guarded)
	code, globals, known := exportState(code)
	bundled := bytes.Equal(wasm, core)
	e, compiled, err := s.prepare(ctx, code, !bundled)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(e.checkLinks(compiled), checkExports(compiled)); err != nil {
		return nil, errors.Join(err, e.close())
	}
	m := &Module{Module: read, sandbox: s, bundled: bundled, facts: facts, engine: e, compiled: compiled, start: s.newImage(data)}
	if known && facts.Resettable {
		m.takeSnapshot(ctx, globals, isGo(wasm))
	}
	return m, nil
}

// checkImports holds the module to what it declares: its import section is the
// upper bound of what it can ever ask.
func checkImports(m *manifest.Module) error {
	for _, i := range m.Imports {
		switch {
		case i.Module == wasi:
		case i.Module != abi.Module:
			return fmt.Errorf("it imports %q from %q; a plugin may import from %q and %q only", clip(i.Name, 80), clip(i.Module, 80), abi.Module, wasi)
		case !isCall(i.Name):
			return fmt.Errorf("it imports %s.%s, which this vega does not know", abi.Module, clip(i.Name, 80))
		}
	}
	for _, kind := range m.Unclaimed() {
		return fmt.Errorf("it imports calls of the capability %q, which none of its probes declares; add a capability %q block with its reason to plugin.hcl", kind, kind)
	}
	return nil
}

func checkExports(c wazero.CompiledModule) error {
	run, ok := c.ExportedFunctions()[abi.RunExport]
	switch {
	case len(c.ExportedMemories()) != 1 || c.ExportedMemories()["memory"] == nil:
		return errors.New(`it must export exactly one memory, named "memory"`)
	case !ok:
		return fmt.Errorf("it does not export %s(i32) -> i32", abi.RunExport)
	case !slices.Equal(run.ParamTypes(), []api.ValueType{i32}) || !slices.Equal(run.ResultTypes(), []api.ValueType{i32}):
		return fmt.Errorf("its %s must take one i32 and return one i32", abi.RunExport)
	}
	if start, ok := c.ExportedFunctions()[initialize]; ok && len(start.ParamTypes())+len(start.ResultTypes()) > 0 {
		return fmt.Errorf("its %s must take and return nothing", initialize)
	}
	return nil
}

// Close withdraws the module: no run starts any more, and once the last has
// ended its code is freed.
func (m *Module) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return nil
	}
	m.closed = true
	m.idle.close()
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
	m.start.close()
	return m.engine.close()
}

package plugins

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"vega/plugins/guard"
	"vega/plugins/manifest"
	"vega/policies/check"
	"vega/sdk/abi"
)

// wasi is the import module of WASI, which every guest may import: it is
// served without files, environment or sockets, and without arguments unless
// the guest is a command.
const wasi = "wasi_snapshot_preview1"

// Module is a loaded plugin. It can be run by many at once.
type Module struct {
	*manifest.Module
	sandbox  *Sandbox
	bundled  bool // it is Core
	bridged  bool // it was written for Nagios: see bridge.go
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
	digest := manifest.Digest(wasm)
	if err := s.refusals.find(digest); err != nil {
		return nil, err
	}
	m, err := s.load(ctx, wasm, digest)
	s.refusals.keep(digest, err)
	return m, err
}

// Ready reports whether Load answers without compiling in a child: the cache keeps
// what the module takes, or why it is refused.
func (s *Sandbox) Ready(digest string) bool {
	dir := s.cacheOf(digest)
	if dir == "" || s.options.Compiler == nil || s.refusals.find(digest) != nil {
		return true
	}
	native, err := holdsNative(dir)
	return native && err == nil
}

// Compile makes the module ready to be loaded, which may take half a minute of the
// processor. The error is what Load would say.
func (s *Sandbox) Compile(ctx context.Context, wasm []byte) error {
	digest := manifest.Digest(wasm)
	if s.Ready(digest) {
		return nil
	}
	err := s.prepareApart(ctx, wasm, s.cacheOf(digest))
	s.refusals.keep(digest, err)
	return err
}

func (s *Sandbox) load(ctx context.Context, wasm []byte, digest string) (*Module, error) {
	bundled := bytes.Equal(wasm, core)
	r, e, err := s.prepare(ctx, wasm, digest, !bundled)
	if err != nil {
		return nil, err
	}
	if err := r.check(e); err != nil {
		return nil, errors.Join(err, e.close())
	}
	m := &Module{
		Module: r.read, sandbox: s, bundled: bundled, bridged: r.read.Manifest.ABI == manifest.Nagios,
		facts: r.facts, engine: e, compiled: e.compiled, start: s.newImage(r.image),
	}
	if m.facts.Known && m.facts.Resettable && !m.bridged { // a command runs to its end, once in an instance
		m.takeSnapshot(ctx)
		if ctx.Err() != nil { // not for what the module is: it would be without a snapshot for good
			return nil, errors.Join(ctx.Err(), m.Close())
		}
	}
	return m, nil
}

// check holds a compiled module to its manifest, and to what this vega serves:
// what the cache keeps may be of an older one.
func (r *ready) check(e *engine) error {
	err := cmp.Or(r.read.Manifest.Check(), checkImports(r.read), e.checkLinks(e.compiled), checkExports(r.read.Manifest.ABI, e.compiled))
	return refusalOf(err)
}

// checkImports holds the module to what it declares: its import section is the
// upper bound of what it can ever ask.
func checkImports(m *manifest.Module) error {
	for _, i := range m.Imports {
		switch {
		case i.Module == wasi:
		case i.Module != abi.Module:
			return fmt.Errorf("it imports %q from %q; a plugin may import from %q and %q only", check.Clip(i.Name, 80), check.Clip(i.Module, 80), abi.Module, wasi)
		case m.Manifest.ABI == manifest.Nagios:
			return fmt.Errorf("it imports %s.%s, and its manifest has abi = %q: such a plugin speaks by its output and exit code, and may import from %q only; to make vega's calls, write abi = %q", abi.Module, check.Clip(i.Name, 80), manifest.Nagios, wasi, abi.Module)
		case !isCall(i.Name):
			return fmt.Errorf("it imports %s.%s, which this vega does not know", abi.Module, check.Clip(i.Name, 80))
		}
	}
	for _, kind := range m.Unclaimed() {
		return fmt.Errorf("it imports calls of the capability %q, which none of its probes declares; add a capability %q block with its reason to plugin.hcl", kind, kind)
	}
	return nil
}

// entry is the function that runs a probe.
func (m *Module) entry() string {
	if m.bridged {
		return command
	}
	return abi.RunExport
}

func checkExports(speaks string, c wazero.CompiledModule) error {
	if len(c.ExportedMemories()) != 1 || c.ExportedMemories()["memory"] == nil {
		return errors.New(`it must export exactly one memory, named "memory"`)
	}
	functions := c.ExportedFunctions()
	run, start, init := functions[abi.RunExport], functions[command], functions[initialize]
	switch {
	case speaks == manifest.Nagios && start == nil:
		return fmt.Errorf("it does not export %s, and its manifest has abi = %q: build it as a WASI command, one with a main function", command, manifest.Nagios)
	case speaks == manifest.Nagios && !isProcedure(start):
		return fmt.Errorf("its %s must take and return nothing", command)
	case speaks == manifest.Nagios && init != nil:
		return fmt.Errorf("it exports both %s and %s; a WASI command has only the former", command, initialize)
	case speaks == manifest.Nagios:
		return nil
	case run == nil && start != nil:
		return fmt.Errorf("it does not export %s(i32) -> i32, but it is a WASI command: if it was written for Nagios, write abi = %q in its plugin.hcl", abi.RunExport, manifest.Nagios)
	case run == nil:
		return fmt.Errorf("it does not export %s(i32) -> i32", abi.RunExport)
	case !slices.Equal(run.ParamTypes(), []api.ValueType{i32}) || !slices.Equal(run.ResultTypes(), []api.ValueType{i32}):
		return fmt.Errorf("its %s must take one i32 and return one i32", abi.RunExport)
	case init != nil && !isProcedure(init):
		return fmt.Errorf("its %s must take and return nothing", initialize)
	}
	return nil
}

// isProcedure reports whether a function takes and returns nothing.
func isProcedure(f api.FunctionDefinition) bool {
	return len(f.ParamTypes())+len(f.ResultTypes()) == 0
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

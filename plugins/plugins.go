// Package plugins is the sandbox: it loads WebAssembly modules and runs their
// probes, each run in a fresh instance that can reach only what the operator
// granted.
//
// Open makes a Sandbox; Sandbox.Load checks and compiles a module (the bundled
// one is Core); Module.Run runs one probe and always returns, within its
// deadline, with a Result that contains no secret.
//
// Read it in this order: load.go (from bytes to a Module) with admit.go (what a
// module may import and must export); run.go (one run) with guest.go (the host's
// side of it), handles.go (what the guest has open), output.go (what it reports),
// held.go and limits.go (what it holds and is charged for); verdict.go (the
// result); then calls.go and the calls that a guest may make, one file per
// capability: call_*.go. bridge.go is for plugins written for Nagios, which make no
// calls.
//
// The packages below do the rest. To load a module: binary reads it, guard makes
// it safe to run, manifest holds what it declares, compiler compiles it in a child
// process and caches the result. To run it: engine (instances on wazero), memory
// (what they run in), scheduler (when they may compute), ledger (what the host
// holds for them). To serve its calls: options, grant (what the operator allowed),
// secret (what a guest never sees), egress (the network), sockets (connections
// within a share of the descriptors), icmp (echo requests), websocket, jsonpath,
// pattern. Package shortage separates vega's own shortages from a target's faults.
//
// The package refuses modules without a manifest, with imports beyond it, or
// without the exports of the ABI. It imports nothing of the store and, of policies,
// only check: it declares what it needs as small interfaces (Databases, KV, Log).
package plugins

import (
	"cmp"
	"context"
	_ "embed"
	"fmt"
	"log/slog"
	"os/exec"
	"sync"
	"time"

	"vega/plugins/compiler"
	"vega/plugins/egress"
	"vega/plugins/engine"
	"vega/plugins/extras"
	"vega/plugins/ledger"
	"vega/plugins/manifest"
	"vega/plugins/memory"
	"vega/plugins/scheduler"
)

// Options configure a Sandbox.
type Options struct {
	// CacheDir keeps compiled modules across starts; it is created with mode
	// 0700. If empty, they are kept in memory only.
	CacheDir string
	// Compiler starts a program that calls CompileChild with dir and its
	// standard input, to read and compile modules that the cache does not
	// have. If nil, this process compiles them, which is only safe for trusted
	// modules. An empty dir means that the child keeps nothing.
	Compiler func(ctx context.Context, dir string) *exec.Cmd
	// CacheNotice, if not nil, is called with the reason when CacheDir turns out
	// not to be writable, and with nil when it is again. Modules are compiled
	// without it meanwhile.
	CacheNotice func(error)
	// Network connects guests to the network; nil means the system's resolver
	// and certificate roots.
	Network   *egress.Network
	CPUBudget time.Duration // CPU time of one run; 0: scheduler.DefaultBudget
	// HostMemory is the maximum that the host holds on behalf of all runs; 0:
	// DefaultHostMemory.
	HostMemory manifest.Size
	Databases  Databases // nil means no databases
	KV         KV        // nil means no storage
	Log        Log       // nil drops the lines
}

// Sandbox loads modules and runs them. It is safe for concurrent use.
type Sandbox struct {
	options   Options
	compiler  *compiler.Compiler
	scheduler *scheduler.Scheduler
	ledger    *ledger.Ledger // what the host holds for guests
	pages     *memory.PageMap
}

// Open returns a Sandbox, whose modules share nothing. It fails if this system
// can't enforce one of the limits of a run.
func Open(ctx context.Context, o Options) (*Sandbox, error) {
	if o.Network == nil {
		o.Network = egress.New("")
	}
	if o.Log == nil {
		o.Log = func(context.Context, string, slog.Level, string) {}
	}
	if err := engine.CheckStacks(); err != nil {
		return nil, fmt.Errorf("open the sandbox: %w", err)
	}
	c, err := compiler.New(compiler.Options{Dir: o.CacheDir, Command: o.Compiler, Admit: checkImports, Notice: o.CacheNotice})
	if err != nil {
		return nil, fmt.Errorf("open the sandbox: %w", err)
	}
	return &Sandbox{
		options: o, compiler: c, scheduler: scheduler.New(o.CPUBudget),
		ledger: ledger.New(int64(cmp.Or(o.HostMemory, DefaultHostMemory))), pages: memory.OpenPageMap(),
	}, nil
}

// Close closes the sandbox. Modules are closed separately, before or after.
func (s *Sandbox) Close() error {
	s.pages.Close()
	return nil
}

//go:embed core/core.wasm
var core []byte

// Core returns the bundled plugin. The caller must not change it.
func Core() []byte { return core }

// embedded holds the digests of the modules that are part of this binary.
var embedded = sync.OnceValue(func() map[string]bool {
	all := map[string]bool{manifest.Digest(core): true}
	for _, d := range extras.Digests() {
		all[d] = true
	}
	return all
})

// Embedded reports whether the module ships with vega. It compares digests,
// because another module may have the same name.
func (m *Module) Embedded() bool { return embedded()[m.Digest] }

package plugins

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"os/exec"
	"time"

	"vega/plugins/compiler"
	"vega/plugins/egress"
	"vega/plugins/engine"
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

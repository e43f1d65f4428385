package plugins

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os/exec"
	"time"

	"vega/plugins/egress"
	"vega/plugins/ledger"
	"vega/plugins/manifest"
)

// Options is what the sandbox needs of its surroundings.
type Options struct {
	// CacheDir keeps compiled modules across starts; made with mode 0700.
	// Empty: memory only.
	CacheDir string
	// Compiler is the command of a child process that calls CompileChild with
	// dir and its standard input: modules never seen before are read and compiled
	// there. nil: in this process, for modules that are trusted.
	Compiler func(ctx context.Context, dir string) *exec.Cmd
	// Network is how guests reach the world; nil is the system's resolver and
	// certificate roots.
	Network   *egress.Network
	CPUBudget time.Duration // how long a run may compute; 0 is DefaultCPUBudget
	// HostMemory is what the host holds at most on behalf of all runs; 0 is
	// DefaultHostMemory.
	HostMemory manifest.Size
	Databases  Databases // nil: no database is known
	KV         KV        // nil: nothing is kept
	Log        Log       // nil: lines are dropped
}

// Sandbox loads modules and runs them. It is safe for concurrent use.
type Sandbox struct {
	options Options
	tokens  *tokens
	ledger  *ledger.Ledger // what is held for guests
	pages   *pageMap
	// refusals are of modules that were found unfit before.
	refusals *refusals
	copies   bool // images are copied, as where they can't be mapped; for tests
	without  defences

	compileTime, compileProcessor time.Duration // of a child process; tests shorten them
}

// defences are those that a test has switched off, to see the harm that they
// keep away.
type defences struct{ check, rewrite bool }

// Open makes a sandbox. Its modules share nothing. It refuses to where one of the
// limits of a run could not be held.
func Open(ctx context.Context, o Options) (*Sandbox, error) {
	if o.Network == nil {
		o.Network = egress.New("")
	}
	if o.Log == nil {
		o.Log = func(context.Context, string, slog.Level, string) {}
	}
	if o.Compiler != nil && o.CacheDir == "" {
		return nil, errors.New("open the sandbox: a compiler apart needs a cache to leave its work in")
	}
	if err := seesStacks(); err != nil {
		return nil, fmt.Errorf("open the sandbox: %w", err)
	}
	tidyCache(o.CacheDir)
	return &Sandbox{
		options: o, tokens: newTokens(o.CPUBudget), ledger: ledger.New(int64(cmp.Or(o.HostMemory, DefaultHostMemory))),
		pages: openPageMap(), compileTime: compileTime, compileProcessor: compileProcessor, refusals: openRefusals(o.CacheDir),
	}, nil
}

// Close ends the sandbox. Its modules are closed by themselves, before or
// after.
func (s *Sandbox) Close() error {
	s.pages.close()
	return nil
}

// Package compiler turns untrusted modules into native code.
//
// New makes a Compiler on a cache directory. Compiler.Load returns the Program
// of a module and an Engine with its native code: from the cache, or compiled by
// a child process with limits, because a compiler can't be interrupted and runs
// out of memory for the whole process. The child calls Child. What a module was
// refused for is remembered, so that it is not read again. The cache is optional:
// without room for it, a child tries a module, and this process then compiles the
// same bytes in memory; see uncached.go.
//
// The checks on the way, in order, are guard.Prepare, the manifest, and the
// caller's Admit. The package knows none of the host's calls and runs no guest.
package compiler

import (
	"context"
	"errors"
	"fmt"
	"os"

	"vega/plugins/engine"
	"vega/plugins/shortage"
)

// maxTries limits how often a child makes an entry before Load gives up:
// another process may find the entry damaged, and remove the new entry in its
// place.
const maxTries = 3

// Options configure a Compiler.
type Options struct {
	// Dir keeps compiled modules across starts; it is created with mode 0700.
	// If empty, they are kept in memory only.
	Dir string
	// Command starts the child, and needs Dir. If nil, this process compiles,
	// which is only safe for trusted modules.
	Command Command
	Admit   Admit
	Limits  Limits // limits of a child; zero means DefaultLimits
	// Notice, if not nil, is called when the cache turns out not to be writable,
	// with the reason, and with nil when it is again. Modules are compiled
	// without it meanwhile.
	Notice func(error)
}

// Compiler loads modules. It is safe for concurrent use.
type Compiler struct {
	cache    cache
	command  Command
	admit    Admit
	limits   Limits
	refusals *refusals
	uncached uncached
}

// New returns a Compiler. It removes unused entries from the cache.
func New(o Options) (*Compiler, error) {
	if o.Command != nil && o.Dir == "" {
		return nil, errors.New("a compiler in a child process needs a cache directory for its output")
	}
	if o.Limits == (Limits{}) {
		o.Limits = DefaultLimits
	}
	c := &Compiler{cache: cache(o.Dir), command: o.Command, admit: o.Admit, limits: o.Limits, refusals: openRefusals(o.Dir), uncached: uncached{notice: o.Notice}}
	c.cache.tidy()
	return c, nil
}

// Refused returns why the module was refused before, or nil if it was not.
func (c *Compiler) Refused(digest string) error { return c.refusals.find(digest) }

// Remember stores err for Refused, if it is a refusal, unless ctx ended: what a call
// that was stopped has found says nothing about the module.
func (c *Compiler) Remember(ctx context.Context, digest string, err error) {
	if ctx.Err() == nil {
		c.refusals.keep(digest, err)
	}
}

// Ready reports whether Load returns without running a child.
func (c *Compiler) Ready(digest string) bool {
	dir := c.cache.entry(digest)
	if dir == "" || c.command == nil || c.Refused(digest) != nil || c.uncached.harmless(digest) {
		return true
	}
	native, err := holdsNative(dir)
	return native && err == nil
}

// Compile runs a child for a module that is not ready, which may take half a minute
// of CPU time.
func (c *Compiler) Compile(ctx context.Context, wasm []byte, digest string) error {
	if c.Ready(digest) {
		return nil
	}
	err := c.prepare(ctx, wasm, digest)
	c.Remember(ctx, digest, err)
	return err
}

// Load returns a module and the engine with its native code. A module that is
// not trusted and not in the cache is read and compiled by a child, if there is
// one.
func (c *Compiler) Load(ctx context.Context, wasm []byte, digest string, trusted bool) (*Program, *engine.Engine, error) {
	dir := c.cache.entry(digest)
	if dir == "" {
		return c.loadHere(ctx, wasm, "")
	}
	defer touch(dir)
	for try := 0; ; try++ {
		p, e, err := loadEntry(ctx, dir)
		if err == nil || try == maxTries {
			return p, e, err
		}
		if trusted || c.command == nil {
			return c.loadHere(ctx, wasm, dir)
		}
		if c.uncached.harmless(digest) {
			return c.loadHere(ctx, wasm, "")
		}
		if shortage.Of(err) != nil { // an error that says nothing about the entry
			return nil, nil, err
		}
		if err := c.prepare(ctx, wasm, digest); err != nil {
			return nil, nil, err
		}
	}
}

// loadEntry loads a module from the cache, and removes an entry that is damaged.
func loadEntry(ctx context.Context, dir string) (*Program, *engine.Engine, error) {
	p, err := readEntry(dir)
	var e *engine.Engine
	if err == nil {
		e, err = p.Compile(ctx, dir)
	}
	if why, ok := errors.AsType[refusal](err); ok { // the module was accepted when the entry was made
		err = fmt.Errorf("%w: %s", errDamaged, why.reason)
	}
	if errors.Is(err, errDamaged) {
		err = errors.Join(err, os.RemoveAll(dir))
	}
	return p, e, err
}

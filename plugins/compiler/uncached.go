package compiler

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"vega/plugins/engine"
	"vega/plugins/shortage"
	"vega/policies/check"
)

const (
	// nativeShare is how many bytes an entry takes in the cache for each byte of
	// its module, about; core takes 5.2.
	nativeShare = 6
	// spareRoom is how many bytes of its disk the cache leaves free, so that it
	// does not take the last ones from the database.
	spareRoom = 8 << 20
	// maxUncached is the CPU time of a module's child above which this process
	// does not compile the module, because it can't stop its own compiler.
	maxUncached = 10 * time.Second
	// maxTrials limits how many modules a Compiler remembers as harmless.
	maxTrials = 1000
)

// uncached is what a Compiler knows about modules that it compiles without the
// cache. It is safe for concurrent use.
type uncached struct {
	notice func(error)

	mu      sync.Mutex
	failing bool
	tried   map[string]bool // digests of modules that a child has compiled within its limits
}

// note records whether the cache could be written to, and reports a change.
func (u *uncached) note(err error) {
	u.mu.Lock()
	changed := u.failing != (err != nil)
	u.failing = err != nil
	u.mu.Unlock()
	if changed && u.notice != nil {
		u.notice(err)
	}
}

// harmless reports whether a child has compiled the module within its limits.
func (u *uncached) harmless(digest string) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.tried[digest]
}

// remember records that a child has compiled the module.
func (u *uncached) remember(digest string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.tried == nil || len(u.tried) >= maxTrials {
		u.tried = map[string]bool{}
	}
	u.tried[digest] = true
}

// hasRoom returns a shortage if the disk of the cache has no room for the entry
// of a module of so many bytes.
func (c cache) hasRoom(module int) error {
	free, ok := freeSpace(string(c))
	if need := uint64(module)*nativeShare + spareRoom; ok && free < need {
		return shortage.New(syscall.ENOSPC, fmt.Sprintf("the compile cache in %s needs %d MiB for a module, and its disk has %d MiB left", c, need>>20, free>>20), "free some space")
	}
	return nil
}

// prepare has a child make the cache entry of a module. If the cache can't be
// written to, the child only tries to compile the module, and a later loadEntry
// fails, but the module is harmless.
func (c *Compiler) prepare(ctx context.Context, wasm []byte, digest string) error {
	err := c.compileInChild(ctx, wasm, c.cache.entry(digest))
	if err == nil || IsRefusal(err) || ctx.Err() != nil {
		if err == nil {
			c.uncached.note(nil)
		}
		return err
	}
	if tried := c.try(ctx, wasm); tried != nil {
		return tried
	}
	c.uncached.remember(digest)
	c.uncached.note(err)
	return nil
}

// try runs a child that compiles a module and keeps nothing. It returns nil if
// this process may do the same.
func (c *Compiler) try(ctx context.Context, wasm []byte) error {
	var refused bytes.Buffer
	used, err := c.runChild(ctx, wasm, "", &refused)
	switch {
	case err != nil:
		return err
	case refused.Len() > 0:
		return refusal{reason: check.OneLine(check.Clip(refused.String(), maxReason))}
	case used > maxUncached:
		return fmt.Errorf("its compiler took %v of processor time; vega compiles such a module only with a compile cache", used.Round(time.Second))
	default:
		return nil
	}
}

// processorTime returns the CPU time of a child that has ended.
func processorTime(cmd *exec.Cmd) time.Duration {
	return cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
}

// Keep writes a module that was compiled without the cache to the cache, if that
// has become possible, so that the next start does not compile it again. It does
// nothing for a module that is in the cache.
func (c *Compiler) Keep(ctx context.Context, wasm []byte, digest string) error {
	dir := c.cache.entry(digest)
	if dir == "" || c.command == nil {
		return nil
	}
	if native, _ := holdsNative(dir); native {
		return nil
	}
	err := c.compileInChild(ctx, wasm, dir)
	if ctx.Err() == nil && !IsRefusal(err) {
		c.uncached.note(err)
	}
	return err
}

// Uncached reports whether the cache could not be written to when it was last
// tried.
func (c *Compiler) Uncached() bool {
	c.uncached.mu.Lock()
	defer c.uncached.mu.Unlock()
	return c.uncached.failing
}

// loadHere reads and compiles a module in this process. It does without the
// cache if dir is empty or can't be written to.
func (c *Compiler) loadHere(ctx context.Context, wasm []byte, dir string) (*Program, *engine.Engine, error) {
	p, err := Parse(wasm, c.admit)
	if err != nil {
		return nil, nil, err
	}
	var e *engine.Engine
	if dir != "" && !engine.Cramped() { // the cache needs a copy of the code
		e, err = c.store(ctx, p, dir, len(wasm))
	}
	if e == nil && !IsRefusal(err) {
		e, err = p.Compile(ctx, "")
	}
	if e != nil {
		return p, e, nil
	}
	return nil, nil, err
}

// store compiles a program into the cache. The engine is valid even if the entry
// could not be completed.
func (c *Compiler) store(ctx context.Context, p *Program, dir string, module int) (e *engine.Engine, err error) {
	err = c.cache.add(dir, module, func(temp string) (err error) {
		if e, err = p.Compile(ctx, temp); err != nil {
			return err
		}
		return writeEntry(temp, p)
	})
	if ctx.Err() == nil && !IsRefusal(err) {
		c.uncached.note(err)
	}
	return e, err
}

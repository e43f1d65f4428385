package catalog

import (
	"context"
	"slices"
	"time"

	"vega/plugins/manifest"
)

// Compile compiles the modules in the queue until vega shuts down. Now and then it
// writes what the compile cache lacks.
func (c *Catalog) Compile() {
	ctx, cancel := context.WithCancel(c.Life)
	defer cancel()
	go func() {
		select {
		case <-c.Draining:
			cancel()
		case <-ctx.Done():
		}
	}()
	ticker := time.NewTicker(retryInterval)
	defer ticker.Stop()
	for ctx.Err() == nil {
		within, cancel := context.WithCancel(ctx)
		next := c.queue.next(cancel)
		if next != nil {
			c.queue.finish(next, c.compile(within, next.found))
		}
		cancel()
		if next != nil {
			continue
		}
		select {
		case <-ctx.Done():
		case <-c.queue.wake:
		case <-ticker.C:
			c.keepUncached(ctx)
		}
	}
}

// compile compiles a module if its file is unchanged.
func (c *Catalog) compile(ctx context.Context, f manifest.Found) error {
	wasm, err := bytesOf(f)
	if err != nil {
		return err
	}
	return c.Sandbox.Compile(ctx, wasm)
}

// needsCompile reports whether a module must be compiled in the background before
// it can be loaded.
func (c *Catalog) needsCompile(f manifest.Found) bool {
	return !c.ReadOnly && f.File != "" && !c.queue.tried(f) && !c.Sandbox.Ready(f.Digest)
}

// Settle waits until all pending plugins of a set are compiled. It returns false if
// patience expires or vega shuts down first.
func (c *Catalog) Settle(patience context.Context, s *Set) bool {
	for _, p := range waiting(s.plugins) {
		done := c.queue.pending(p.found)
		if done == nil {
			continue
		}
		select {
		case <-done:
		case <-patience.Done():
			return false
		case <-c.Draining:
			return false
		}
	}
	return true
}

// Uncompiled reports whether an integration uses a plugin of the set that is queued
// for compilation.
func (c *Catalog) Uncompiled(s *Set) bool {
	return slices.ContainsFunc(waiting(s.plugins), func(p Plugin) bool { return s.Uses(p.Name()) && c.queue.pending(p.found) != nil })
}

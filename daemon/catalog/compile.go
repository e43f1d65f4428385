package catalog

import (
	"context"
	"slices"

	"vega/plugins/manifest"
)

// Compile works the queue off until vega shuts down.
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
		}
	}
}

// compile compiles what was found, if its file still holds it.
func (c *Catalog) compile(ctx context.Context, f manifest.Found) error {
	wasm, err := bytesOf(f)
	if err != nil {
		return err
	}
	return c.Sandbox.Compile(ctx, wasm)
}

// unready reports whether a module is to be compiled before it can be loaded.
func (c *Catalog) unready(f manifest.Found) bool {
	return !c.ReadOnly && f.File != "" && !c.queue.tried(f) && !c.Sandbox.Ready(f.Digest)
}

// Settle waits until all that a set waits for is compiled, or until patience ends,
// or vega shuts down: it reports false then.
func (c *Catalog) Settle(patience context.Context, s *Set) bool {
	for _, p := range later(s.plugins) {
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

// Uncompiled reports whether integrations use a plugin of the set that waits for the
// compiler.
func (c *Catalog) Uncompiled(s *Set) bool {
	return slices.ContainsFunc(later(s.plugins), func(p Plugin) bool { return s.Uses(p.Name()) && c.queue.pending(p.found) != nil })
}

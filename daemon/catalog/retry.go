package catalog

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"vega/plugins/manifest"
	"vega/plugins/shortage"
)

// retryInterval is how often vega tries again what failed for a reason of its own,
// other than a shortage.
const retryInterval = 30 * time.Second

// unreadable returns the error of a module file that can't be read, so that vega
// tries it again: the permissions of a directory above it, an access list or a disk
// may change without any trace in the file. It returns nil for any other error.
func unreadable(err error) error {
	_, pending := errors.AsType[retryError](err)
	_, ofFile := errors.AsType[*fs.PathError](err)
	if !ofFile || pending || errors.Is(err, fs.ErrNotExist) || shortage.Of(err) != nil {
		return nil //nolint:nilerr // it is not tried again
	}
	return retryError{fmt.Errorf("%w; vega tries again every %v", err, retryInterval)}
}

// look reads the module file again. It records the time of a failure that is not
// the module's fault, for the next attempt.
func (c *Catalog) look(file string, admit manifest.Admit) manifest.Found {
	f, _ := manifest.Look(file, admit)
	if retry := unreadable(f.Err); retry != nil {
		_ = c.queue.takeError(f) // forgets an earlier failure that may be tried again
		c.queue.failed(f, f.Err)
		f.Err = retry
	}
	return f
}

// retryBundled loads the bundled plugins that could not be loaded for a reason of
// vega's own. It reports whether it loaded any.
func (c *Catalog) retryBundled(ctx context.Context) (loadedAny bool) {
	waits := func(p Plugin) bool { return p.found.File == "" && p.pending && p.Module == nil }
	if !slices.ContainsFunc(c.Host.InForce().plugins, waits) {
		return false
	}
	err := c.Host.Change(func(now *Set) (*Set, error) {
		next := &Set{Config: now.Config, Owners: now.Owners, plugins: slices.Clone(now.plugins)}
		for n := range next.plugins {
			p := &next.plugins[n]
			if !waits(*p) {
				continue
			}
			m, err := c.load(ctx, p.found)
			if err != nil {
				c.Host.Postponed(ctx, "can't load a bundled plugin; vega tries again", "plugin", p.Name(), "reason", err.Error())
				continue // it still waits
			}
			*p, loadedAny = Plugin{found: p.found, Module: m, State: loaded, newDigest: p.newDigest}, true
			c.Log.InfoContext(ctx, "plugin in service", "plugin", p.Name(), "version", m.Manifest.Version, "digest", m.Digest)
		}
		if !loadedAny {
			return nil, nil
		}
		return next, nil
	})
	return loadedAny && err == nil
}

// keepUncached writes the modules in service to the compile cache if it was not
// writable when they were loaded, the largest first: if there is room for that, there
// probably is for the others.
func (c *Catalog) keepUncached(ctx context.Context) {
	if c.ReadOnly || !c.Sandbox.Uncached() {
		return
	}
	all := slices.DeleteFunc(slices.Clone(c.Host.InForce().plugins), func(p Plugin) bool { return p.Module == nil })
	slices.SortFunc(all, func(a, b Plugin) int { return b.Module.Size - a.Module.Size })
	for _, p := range all {
		f := p.found
		f.Module = p.Module.Module.Module
		wasm, err := bytesOf(f)
		if err != nil {
			continue // the file was replaced or can't be read; it is loaded again then
		}
		if c.Sandbox.Keep(ctx, wasm) != nil {
			return
		}
	}
}

// Stuck reports whether enabled integrations exist and none of them can run, because
// vega could not load any of their plugins for a reason of its own.
func (s *Set) Stuck() bool {
	stuck := false
	for name, enabled := range usedBy(s.Config) {
		if !enabled {
			continue
		}
		p := s.Plugin(name)
		if p != nil && p.Module != nil {
			return false
		}
		stuck = stuck || p != nil && p.pending && !p.queued && p.State == loading
	}
	return stuck
}

package catalog

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"vega/daemon/config"
	"vega/plugins"
	"vega/plugins/extras"
	"vega/plugins/manifest"
	"vega/plugins/shortage"
)

// Fit loads the modules of a configuration. If one can't be loaded, Fit falls back
// to the previous module of its file, or to another file with the same plugin name,
// and checks the configuration again. If that is not valid, the integrations of the
// plugin have no module and report why. A module that must still be compiled is not
// an error. Fit reuses the modules of already, which may be nil. The error is a
// *shortage.Error: vega itself lacked a resource, so a module was not loaded through
// no fault of its own.
func (c *Catalog) Fit(ctx context.Context, cfg *config.Config, already *Set) (_ *Set, short error) {
	next := &Set{Config: cfg}
	if already != nil {
		next.plugins = already.plugins
	}
	now := c.Host.InForce()
	for {
		if next.plugins, short = c.loadAll(ctx, now, next.Config, next.plugins); short != nil {
			return next, short
		}
		dropped, failed := c.withoutFailed(next)
		if !failed {
			return next, nil
		}
		cfg, err := rebind(next.Config, dropped, now.Owners)
		if err != nil {
			return next, nil //nolint:nilerr // Plugin.Reason says why
		}
		next.Config = cfg
	}
}

// withoutFailed returns the modules in the plugin directory. It marks those that
// failed to load as refused, and replaces those that must be compiled with the
// module in service, if there is one. failed reports whether it changed any.
func (c *Catalog) withoutFailed(next *Set) (dropped []manifest.Found, failed bool) {
	cfg := next.Config
	dropped = slices.Clone(cfg.Plugins.Dropped)
	for _, p := range next.plugins {
		if p.found.File == "" || p.found.Module == nil || p.State != refused && p.State != loading {
			continue
		}
		n := slices.IndexFunc(dropped, func(f manifest.Found) bool { return f.File == p.found.File })
		if n < 0 {
			continue
		}
		f := dropped[n]
		f.Module, f.Err = nil, errors.New(p.Reason)
		if p.queued {
			f.Err = errQueued
		}
		if p.pending {
			f.Err = retryError{f.Err}
		}
		c.keepCurrent(&f, cfg.Plugins.Trust.Admit)
		if p.State == loading && f.Module == nil { // the plugin keeps its name
			continue
		}
		dropped[n], failed = f, true
	}
	return dropped, failed
}

// Scan finds the modules in a directory, for config.Options. For a refused file it
// returns the module in service, if that would still be admitted, and likewise if
// the directory can't be read.
func (c *Catalog) Scan(dir string, admit manifest.Admit) ([]manifest.Found, error) {
	found, err := manifest.Scan(dir, admit)
	if err != nil { // the modules in service stay
		found = nil
		for _, p := range c.Host.InForce().plugins {
			if p.Module != nil && p.found.File != "" && filepath.Dir(p.found.File) == filepath.Clean(dir) {
				found = append(found, manifest.Found{File: p.found.File, Digest: p.newDigest, Err: err})
			}
		}
	}
	for n := range found {
		if found[n].Err != nil {
			c.keepCurrent(&found[n], admit)
		}
	}
	return found, err
}

func (c *Catalog) keepCurrent(f *manifest.Found, admit manifest.Admit) {
	for _, p := range c.Host.InForce().plugins {
		if p.found.File == f.File && p.Module != nil && admit(f.File, p.Module.Digest, p.found.Signature) == nil {
			f.Module, f.Signature = p.found.Module, p.found.Signature
		}
	}
}

// loadAll loads the modules of a configuration. It reuses modules with the same
// bytes from already and from the active set. It returns the same error as Fit.
func (c *Catalog) loadAll(ctx context.Context, now *Set, cfg *config.Config, already []Plugin) (_ []Plugin, short error) {
	used := usedBy(cfg)
	all := make([]Plugin, len(cfg.Plugins.Modules))
	for n, f := range cfg.Plugins.Modules {
		if retry := unreadable(f.Err); retry != nil {
			c.queue.failed(f, f.Err)
			f.Err = retry
		}
		p := Plugin{found: f, State: loaded, newDigest: f.Digest}
		if f.Err != nil { // if f has a module nevertheless, it is the previous one
			_, p.pending = errors.AsType[retryError](f.Err)
			p.queued = errors.Is(f.Err, errQueued)
			p.Reason = f.Err.Error()
		}
		switch {
		case f.Module == nil:
			p.refuse(f.Err)
		case (c.ReadOnly || f.Extra) && !used[f.Module.Manifest.Name]:
			p.State = unused
		case serving(already, f) != nil:
			p.Module = serving(already, f)
		case now.serving(f) != nil:
			p.Module = now.serving(f)
		case c.needsCompile(f):
			c.queue.add(f, used[f.Module.Manifest.Name])
			p.wait()
		default:
			var err error
			if p.Module, err = c.load(ctx, f); err == nil {
				c.logReplaced(cfg, f)
				break
			}
			p.fail(err)
			if why := shortage.Of(err); why != nil && short == nil {
				short = why
			}
		}
		all[n] = p
	}
	return all, short
}

// usedBy returns the plugins that integrations use. The value is true if at least
// one of those integrations is enabled.
func usedBy(cfg *config.Config) map[string]bool {
	used := map[string]bool{}
	for _, i := range cfg.Integrations {
		used[i.Plugin] = used[i.Plugin] || i.Enabled
	}
	return used
}

// errQueued is the reason why a module is not in service while it is being compiled.
var errQueued = errors.New("its module is still being compiled")

// retryError is the error of a module that vega will try to load again.
type retryError struct{ error }

func (e retryError) Unwrap() error { return e.error }

// load loads a module if its file is unchanged, and compiles it first if necessary.
// To avoid retrying too often, it remembers for a while a failure that is not the
// module's fault.
func (c *Catalog) load(ctx context.Context, f manifest.Found) (*Module, error) {
	wasm, err := bytesOf(f)
	if err != nil {
		return nil, err
	}
	if err := c.queue.takeError(f); err != nil {
		return nil, err
	}
	m, err := c.Sandbox.Load(ctx, wasm)
	if err != nil {
		if f.File != "" && ctx.Err() == nil && shortage.Of(err) == nil && plugins.RetryAfter(err) > 0 {
			c.queue.failed(f, err)
		}
		return nil, err
	}
	return &Module{Module: m}, nil
}

// bytesOf reads a module file again and verifies its digest. Loading a module runs
// its start function, so only the admitted bytes may be loaded.
func bytesOf(f manifest.Found) ([]byte, error) {
	wasm := plugins.Core()
	switch {
	case f.Extra:
		wasm = extras.Module(f.Module.Manifest.Name)
	case f.File != "":
		var err error
		if wasm, err = manifest.ReadFile(f.File); err != nil {
			return nil, err
		}
	}
	if manifest.Digest(wasm) != f.Module.Digest {
		return nil, errors.New("the file changed while it was being loaded")
	}
	return wasm, nil
}

// refuse marks a plugin as refused.
func (p *Plugin) refuse(why error) {
	p.State, p.Reason, p.Module = refused, why.Error(), nil
}

// fail marks a plugin that did not load as refused, or, if that is not the module's
// fault, as loading. A loading plugin keeps its name.
func (p *Plugin) fail(err error) {
	p.refuse(err)
	if retry := retryLater(err); retry != nil {
		p.Reason, p.pending = retry.Error(), true
		if !plugins.IsRefusal(err) {
			p.State = loading
		}
	}
}

// retryLater adds the time of the next attempt to the error. It returns nil if there
// will be no other attempt.
func retryLater(err error) error {
	switch after := plugins.RetryAfter(err); {
	case shortage.Of(err) != nil:
		return retryError{fmt.Errorf("%w; vega tries again", err)}
	case after > 0:
		return retryError{fmt.Errorf("%w; vega tries again after %v", err, after)}
	default:
		return nil
	}
}

// wait marks a plugin as loading until it is compiled.
func (p *Plugin) wait() {
	p.State, p.Reason, p.pending, p.queued = loading, errQueued.Error(), true, true
}

// Outcome summarizes the loaded plugins for the startup log. The error counts those
// that are refused, which Installed logs, and lists those that are still being
// compiled.
func (s *Set) Outcome() (outcome string, err error) {
	var errs []error
	count, out := 0, 0
	for _, p := range s.plugins {
		switch p.State {
		case loaded:
			count++
		case refused:
			out++
		case loading:
			errs = append(errs, fmt.Errorf("%s: %s", p.label(), p.Reason))
		}
	}
	if out > 0 {
		errs = append(errs, fmt.Errorf("%d refused, see the log", out))
	}
	return fmt.Sprintf("%d loaded", count), errors.Join(errs...)
}

// Waiting reports whether any plugin is still being compiled or will be tried again.
func (s *Set) Waiting() bool { return len(waiting(s.plugins)) > 0 }

package catalog

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"vega/daemon/config"
	"vega/plugins"
	"vega/plugins/extras"
	"vega/plugins/manifest"
	"vega/plugins/shortage"
)

// Fit loads the modules of a configuration. Where one can't be loaded, what served
// its file before stays, or another file of its name serves, and the configuration
// is judged again by that. If it does not fit then, the integrations of that plugin
// are left without one, and report why. One that is still to be compiled fails
// nothing. What already holds for the same configuration is not loaded again;
// already may be nil. The error is a shortage of vega's own, for which not all could
// be loaded; it says nothing about a module.
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

// withoutFailed returns the modules in the plugin directory, those that failed to
// load refused, and those to be compiled passed over where the one before them
// serves. It reports whether there is any of these.
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
		if p.later {
			f.Err = laterError{f.Err}
		}
		c.keepServing(&f, cfg.Plugins.Trust.Admit)
		if p.State == loading && f.Module == nil { // its name stays its own
			continue
		}
		dropped[n], failed = f, true
	}
	return dropped, failed
}

// Scan finds the modules in a directory, for config.Options. A file that is refused
// keeps the module that serves it, if that would still be admitted.
func (c *Catalog) Scan(dir string, admit manifest.Admit) ([]manifest.Found, error) {
	found, err := manifest.Scan(dir, admit)
	for n := range found {
		if found[n].Err != nil {
			c.keepServing(&found[n], admit)
		}
	}
	return found, err
}

func (c *Catalog) keepServing(f *manifest.Found, admit manifest.Admit) {
	for _, p := range c.Host.InForce().plugins {
		if p.found.File == f.File && p.Module != nil && admit(f.File, p.Module.Digest, p.found.Signature) == nil {
			f.Module, f.Signature = p.found.Module, p.found.Signature
		}
	}
}

// loadAll loads the modules that a configuration found. What is in service with the
// same bytes stays, and so does what was loaded for it already. The error is that of
// Fit.
func (c *Catalog) loadAll(ctx context.Context, now *Set, cfg *config.Config, already []Plugin) (_ []Plugin, short error) {
	used := usedBy(cfg)
	all := make([]Plugin, len(cfg.Plugins.Modules))
	for n, f := range cfg.Plugins.Modules {
		p := Plugin{found: f, State: loaded, newer: f.Digest}
		if f.Err != nil { // where there is a module, an older one serves
			_, p.later = errors.AsType[laterError](f.Err)
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
		case c.unready(f):
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

// usedBy returns the plugins that integrations are bound to: true for those that an
// enabled one is bound to.
func usedBy(cfg *config.Config) map[string]bool {
	used := map[string]bool{}
	for _, i := range cfg.Integrations {
		used[i.Plugin] = used[i.Plugin] || i.Enabled
	}
	return used
}

// errLater is why a module does not serve yet.
var errLater = errors.New("it has to be compiled first; it is loaded once that is done")

// laterError is the error of a module that will be tried again.
type laterError struct{ error }

func (e laterError) Unwrap() error { return e.error }

// load loads the module that was found, if its file still holds it, and compiles it
// before where that is not done. A failure for vega's own reasons stands for a while,
// so that it is not tried again and again.
func (c *Catalog) load(ctx context.Context, f manifest.Found) (*Module, error) {
	wasm, err := bytesOf(f)
	if err != nil {
		return nil, err
	}
	if err := c.queue.take(f); err != nil {
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

// bytesOf reads again what was found. It makes sure that the bytes are the same
// before anything else is done with them: those that were found were judged, and to
// load a module is to run its start.
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

// refuse keeps a plugin out of service, with the reason.
func (p *Plugin) refuse(why error) {
	p.State, p.Reason, p.Module = refused, why.Error(), nil
}

// fail keeps a plugin out of service that did not load. If that is not the module's
// fault, the plugin is not refused and keeps its name.
func (p *Plugin) fail(err error) {
	p.refuse(err)
	if again := again(err); p.found.File != "" && again != nil {
		p.Reason, p.later = again.Error(), true
		if !plugins.IsRefusal(err) {
			p.State = loading
		}
	}
}

// again returns an error of loading with when that is tried again; nil if it is not.
func again(err error) error {
	switch after := plugins.RetryAfter(err); {
	case shortage.Of(err) != nil:
		return laterError{fmt.Errorf("%w; it is tried again", err)}
	case after > 0:
		return laterError{fmt.Errorf("%w; it is tried again after %v", err, after)}
	default:
		return nil
	}
}

// wait keeps a plugin out of service until it is compiled.
func (p *Plugin) wait() { p.State, p.Reason, p.later = loading, errLater.Error(), true }

// Outcome describes the loaded plugins in a few words, for the start. The error lists
// those that are refused or still to be compiled; bundled reports whether one that
// ships with vega is refused.
func (s *Set) Outcome() (outcome string, bundled bool, err error) {
	var errs []error
	count := 0
	for _, p := range s.plugins {
		switch p.State {
		case loaded:
			count++
		case refused:
			bundled = bundled || p.found.File == ""
			errs = append(errs, fmt.Errorf("%s is refused: %s", p.label(), p.Reason))
		case loading:
			errs = append(errs, fmt.Errorf("%s: %s", p.label(), p.Reason))
		}
	}
	return fmt.Sprintf("%d loaded", count), bundled, errors.Join(errs...)
}

// Waiting reports whether any plugin is still to be compiled, or tried again.
func (s *Set) Waiting() bool { return len(later(s.plugins)) > 0 }

package catalog

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"vega/daemon/config"
	"vega/daemon/config/diag"
	"vega/plugins"
	"vega/plugins/manifest"
	"vega/plugins/shortage"
)

// Handle accepts or refuses a module file, or queues it for compilation, in which
// case taken is false. It does not compile a file that would be refused. done is
// false if vega lacks a resource and the caller must try again.
func (c *Catalog) Handle(ctx context.Context, file string) (done, taken bool) {
	s := c.Host.InForce()
	f := c.look(file, s.Config.Plugins.Trust.Admit)
	if f.Err != nil || s.serving(f) != nil || s.mayServe(f) != nil || !c.needsCompile(f) {
		return c.apply(ctx, f, s.Config), true
	}
	c.queue.add(f, usedBy(s.Config)[f.Module.Manifest.Name])
	c.note(f, errQueued, true)
	c.Log.InfoContext(ctx, "plugin queued for compilation", "plugin", f.Module.Manifest.Name, "file", file, "digest", f.Digest)
	return true, false
}

// apply loads a file that appeared or changed and puts it in service, or records why
// it is refused. by is the configuration that was active when f was found. done is
// false if vega lacks a resource and the caller must try again.
func (c *Catalog) apply(ctx context.Context, f manifest.Found, by *config.Config) (done bool) {
	var short *shortage.Error
	err := c.Host.Change(func(now *Set) (*Set, error) {
		if !now.reads(filepath.Dir(f.File)) {
			return nil, nil
		}
		if now.Config != by {
			f = c.look(f.File, now.Config.Plugins.Trust.Admit)
		}
		next, fresh, err := c.accept(ctx, now, f)
		short = shortage.Of(err)
		switch {
		case err != nil && ctx.Err() != nil: // vega is shutting down; the module may be fine
			return nil, nil //nolint:nilerr // not the module's fault
		case short != nil:
			c.Host.Postponed(ctx, "can't load a plugin now; vega tries again", "file", f.File, "reason", short.Error())
			return nil, nil //nolint:nilerr // not the module's fault
		case err != nil:
			_, pending := errors.AsType[retryError](err)
			return now.noted(f, err, pending), nil
		case next != nil:
			c.announce(ctx, now, next, f, fresh)
		}
		return next, nil
	})
	if err != nil { // the host did not accept the new set
		c.note(f, err, false)
	}
	return short == nil
}

// announce logs that a plugin is in service, and the new warnings it causes.
func (c *Catalog) announce(ctx context.Context, now, next *Set, f manifest.Found, fresh *Module) {
	before := now.Config.Warnings
	c.logReplaced(next.Config, manifest.Found{File: f.File, Module: fresh.Module.Module})
	c.Log.Info("plugin in service", "plugin", fresh.Manifest.Name, "version", fresh.Manifest.Version, "file", f.File, "digest", fresh.Digest)
	c.Host.LogDiagnostics(ctx, slices.DeleteFunc(slices.Clone(next.Config.Warnings), func(g diag.Diagnostic) bool {
		return slices.ContainsFunc(before, func(b diag.Diagnostic) bool { return b.Code == g.Code && b.Range == g.Range && b.Detail == g.Detail })
	}))
}

// accept returns the set with the module that was found, or nil if that module is
// already in service.
func (c *Catalog) accept(ctx context.Context, now *Set, f manifest.Found) (*Set, *Module, error) {
	if f.Err != nil {
		return nil, nil, f.Err
	}
	m := now.serving(f)
	if m != nil && now.Plugin(f.Module.Manifest.Name).Reason == "" {
		return nil, nil, nil
	}
	if err := now.mayServe(f); err != nil {
		return nil, nil, err
	}
	var err error
	if m == nil {
		if m, err = c.load(ctx, f); err != nil {
			return nil, nil, cmp.Or(retryLater(err), err)
		}
	}
	next, err := now.with(Plugin{found: f, Module: m, State: loaded})
	if err != nil && m.holders.Load() == 0 {
		err = errors.Join(err, m.Close())
	}
	return next, m, err
}

// mayServe returns nil if the module that was found may serve its name, or else the
// reason why another module keeps it. A module that is not in service has no claim
// to a name.
func (s *Set) mayServe(f manifest.Found) error {
	var dropped []manifest.Found
	for _, p := range s.plugins {
		if p.found.File == "" || p.found.File == f.File || p.State == withdrawn {
			continue
		}
		if p.Module == nil {
			p.found.Module = nil
		}
		dropped = append(dropped, p.found)
	}
	for _, r := range s.Config.Plugins.Names(s.Owners).Resolve(append(dropped, f)) {
		if r.File == f.File {
			return r.Err
		}
	}
	return nil
}

// with returns the set with p in place of the plugin of its file or name, and the
// configuration bound to the new manifests.
func (s *Set) with(p Plugin) (*Set, error) {
	next := &Set{}
	for _, o := range s.plugins {
		switch {
		case o.found.File == p.found.File:
		case o.Name() != p.Name():
			next.plugins = append(next.plugins, o)
		case o.State == refused || o.State == loading: // its file exists, but p takes over the name
			o.found.Module = nil
			next.plugins = append(next.plugins, o)
		}
	}
	next.plugins = append(next.plugins, p)
	slices.SortFunc(next.plugins, inOrder)
	cfg, err := rebind(s.Config, fromFiles(next.plugins), s.Owners.With([]manifest.Found{p.found}))
	if err != nil {
		return nil, fmt.Errorf("the configuration is not valid with this module: %w", err)
	}
	next.Config = cfg
	return next, nil
}

// fromFiles returns the modules that come from files, without the bundled ones.
func fromFiles(all []Plugin) (dropped []manifest.Found) {
	for _, p := range all {
		if p.found.File != "" {
			dropped = append(dropped, p.found)
		}
	}
	return dropped
}

// rebind checks the source of a configuration again, with the given modules as the
// content of the plugin directory.
func rebind(cfg *config.Config, dropped []manifest.Found, owners manifest.Owners) (*config.Config, error) {
	o := config.Options{Bundled: cfg.Plugins.Bundled, Owners: owners}
	o.Scan = func(string, manifest.Admit) ([]manifest.Found, error) { return dropped, nil } // admitted already
	out, diags := cfg.Rebind(o)
	if diags.HasErrors() {
		return nil, &config.InvalidError{Diagnostics: diags}
	}
	out.Server = cfg.Server // the command line may have changed it
	return out, nil
}

// note records why a file is not in service; see noted.
func (c *Catalog) note(f manifest.Found, why error, pending bool) {
	_ = c.Host.Change(func(now *Set) (*Set, error) { // the configuration is unchanged, so this can't fail
		if !now.reads(filepath.Dir(f.File)) {
			return nil, nil
		}
		return now.noted(f, why, pending), nil
	})
}

// noted returns the set that records why a file is not in service. If pending is
// set, the file is tried again later, else only after it changes. The module that
// the file would replace stays in service. noted returns nil if the reason is
// already recorded.
func (s *Set) noted(f manifest.Found, why error, pending bool) *Set {
	n := slices.IndexFunc(s.plugins, func(p Plugin) bool { return p.found.File == f.File })
	if n >= 0 && s.plugins[n].Reason == why.Error() && s.plugins[n].newDigest == f.Digest && s.plugins[n].pending == pending {
		return nil
	}
	all := slices.Clone(s.plugins)
	if n < 0 {
		if !pending {
			f.Module, f.Err = nil, why
		}
		all = append(all, Plugin{found: f})
		n = len(all) - 1
	}
	p := &all[n]
	p.Reason, p.newDigest, p.pending, p.queued = why.Error(), f.Digest, pending, errors.Is(why, errQueued)
	switch {
	case p.Module != nil:
	case pending && f.Module != nil && !plugins.IsRefusal(why):
		p.State = loading
	default:
		p.State = refused
	}
	slices.SortFunc(all, inOrder)
	return &Set{Config: s.Config, Owners: s.Owners, plugins: all}
}

// reads reports whether a directory is the one that plugins are read from. A reload may
// have come between reading another one and acting on it.
func (s *Set) reads(dir string) bool {
	return filepath.Clean(s.Config.Plugins.Dir) == filepath.Clean(dir)
}

// withdraw removes from service every plugin whose file is gone from the directory that
// was read, and reports whether it found any. It keeps a manifest while an integration is bound to it, because
// checking the rest of the configuration needs it.
func (c *Catalog) withdraw(dir string, gone func(file string) bool) bool {
	var out []string
	err := c.Host.Change(func(now *Set) (*Set, error) {
		next := &Set{Config: now.Config}
		out = nil
		if !now.reads(dir) {
			return nil, nil
		}
		for _, p := range now.plugins {
			if p.found.File == "" || p.State == withdrawn || !gone(p.found.File) {
				next.plugins = append(next.plugins, p)
				continue
			}
			out = append(out, p.found.File)
			if now.Uses(p.Name()) {
				p.Module, p.State, p.pending = nil, withdrawn, false
				p.Reason = fmt.Sprintf("its file was removed: restore %s, or remove its integrations from %s", p.found.File, now.Config.Path)
				next.plugins = append(next.plugins, p)
			}
		}
		if len(out) == 0 {
			return nil, nil
		}
		next.Owners = now.Owners.Without(out)
		if cfg, err := rebind(now.Config, fromFiles(next.plugins), next.Owners); err == nil {
			next.Config = cfg // without the modules that are gone, and the warnings about them
		}
		return next, nil
	})
	if err != nil { // the next poll tries again
		c.Log.Warn("can't take removed plugins out of service now; vega tries again", "files", out, "err", err)
		return false
	}
	if len(out) > 0 {
		c.Log.Warn("plugin files removed", "files", out)
	}
	return len(out) > 0
}

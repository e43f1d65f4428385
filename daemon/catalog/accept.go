package catalog

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"vega/daemon/config"
	"vega/plugins"
	"vega/plugins/manifest"
	"vega/plugins/shortage"
)

// Handle takes a file in, or has it compiled first: taken is false then. A file that
// would be refused is not compiled. It reports whether it is done with the file for
// now: not where vega lacks a resource to tell.
func (c *Catalog) Handle(ctx context.Context, file string) (done, taken bool) {
	s := c.Host.InForce()
	f, _ := manifest.Look(file, s.Config.Plugins.Trust.Admit)
	if f.Err != nil || s.serving(f) != nil || s.mayServe(f) != nil || !c.unready(f) {
		return c.takeIn(ctx, f, s.Config), true
	}
	c.queue.add(f, usedBy(s.Config)[f.Module.Manifest.Name])
	c.note(f, errLater, true)
	c.Log.InfoContext(ctx, "a plugin is to be compiled", "plugin", f.Module.Manifest.Name, "file", file, "digest", f.Digest)
	return true, false
}

// takeIn takes a file that came or changed, as it was found and judged by a
// configuration: its module is read, compiled and compared with the one in force
// before anything in service changes. It reports whether that is done: not where vega
// lacks a resource to tell.
func (c *Catalog) takeIn(ctx context.Context, f manifest.Found, by *config.Config) (done bool) {
	var short *shortage.Error
	err := c.Host.Change(func(now *Set) (*Set, error) {
		if now.Config != by {
			f, _ = manifest.Look(f.File, now.Config.Plugins.Trust.Admit)
		}
		next, fresh, err := c.accept(ctx, now, f)
		short = shortage.Of(err)
		switch {
		case err != nil && ctx.Err() != nil: // vega ends, which says nothing about the module
			return nil, nil
		case short != nil:
			c.Host.Postponed(ctx, "a plugin can't be loaded at the moment; it is tried again", "file", f.File, "reason", short.Error())
			return nil, nil
		case err != nil:
			_, later := errors.AsType[laterError](err)
			return now.noted(f, err, later), nil
		case next != nil:
			c.announce(ctx, now, next, f, fresh)
		}
		return next, nil
	})
	if err != nil { // the new set could not be put in force
		c.note(f, err, false)
	}
	return short == nil
}

// announce logs a plugin that comes into service, and the warnings that come with it.
func (c *Catalog) announce(ctx context.Context, now, next *Set, f manifest.Found, fresh *Module) {
	before := now.Config.Warnings
	c.logReplaced(next.Config, manifest.Found{File: f.File, Module: fresh.Module.Module})
	c.Log.Info("a plugin is in service", "plugin", fresh.Manifest.Name, "version", fresh.Manifest.Version, "file", f.File, "digest", fresh.Digest)
	c.Host.LogDiagnostics(ctx, slices.DeleteFunc(slices.Clone(next.Config.Warnings), func(g config.Diagnostic) bool {
		return slices.ContainsFunc(before, func(b config.Diagnostic) bool { return b.Code == g.Code && b.Range == g.Range && b.Detail == g.Detail })
	}))
}

// accept prepares the set with the module that was found; nil if that module is in
// service already.
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
			return nil, nil, cmp.Or(again(err), err)
		}
	}
	next, err := now.with(Plugin{found: f, Module: m, State: loaded})
	if err != nil && m.holders.Load() == 0 {
		err = errors.Join(err, m.Close())
	}
	return next, m, err
}

// mayServe says why another module keeps the name of the one that was found. One
// that does not serve has no claim to a name.
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
		case o.State == refused || o.State == loading: // it no longer stands for the name, but is still there
			o.found.Module = nil
			next.plugins = append(next.plugins, o)
		}
	}
	next.plugins = append(next.plugins, p)
	slices.SortFunc(next.plugins, inOrder)
	cfg, err := rebind(s.Config, droppedOf(next.plugins), s.Owners.With([]manifest.Found{p.found}))
	if err != nil {
		return nil, fmt.Errorf("the configuration does not fit it: %w", err)
	}
	next.Config = cfg
	return next, nil
}

// droppedOf are the modules that came from files.
func droppedOf(all []Plugin) (dropped []manifest.Found) {
	for _, p := range all {
		if p.found.File != "" {
			dropped = append(dropped, p.found)
		}
	}
	return dropped
}

// rebind judges the text of a configuration against other dropped plugins.
func rebind(cfg *config.Config, dropped []manifest.Found, owners manifest.Owners) (*config.Config, error) {
	o := config.Options{Bundled: cfg.Plugins.Bundled, Owners: owners}
	o.Scan = func(string, manifest.Admit) ([]manifest.Found, error) { return dropped, nil } // admitted already
	out, diags := cfg.Rebind(o)
	if diags.HasErrors() {
		return nil, &config.InvalidError{Diagnostics: diags}
	}
	out.Server = cfg.Server // where the command line may have had its say
	return out, nil
}

// note keeps why a file is not in service: see noted.
func (c *Catalog) note(f manifest.Found, why error, later bool) {
	_ = c.Host.Change(func(now *Set) (*Set, error) { return now.noted(f, why, later), nil }) // the same configuration can't be refused
}

// noted returns the set that records why a file is not in service: for now, if it is
// tried later, else until it changes. What the file was to replace stays. It returns
// nil if that is recorded already.
func (s *Set) noted(f manifest.Found, why error, later bool) *Set {
	all := slices.Clone(s.plugins)
	n := slices.IndexFunc(all, func(p Plugin) bool { return p.found.File == f.File })
	if n < 0 {
		if !later {
			f.Module, f.Err = nil, why
		}
		all = append(all, Plugin{found: f})
		n = len(all) - 1
	}
	p := &all[n]
	if p.Reason == why.Error() && p.newer == f.Digest && p.later == later {
		return nil
	}
	p.Reason, p.newer, p.later = why.Error(), f.Digest, later
	switch {
	case p.Module != nil:
	case later && !plugins.IsRefusal(why):
		p.State = loading
	default:
		p.State = refused
	}
	slices.SortFunc(all, inOrder)
	return &Set{Config: s.Config, Owners: s.Owners, plugins: all}
}

// withdraw takes out of service every plugin whose file is gone, and reports whether
// there was one. Its manifest stays known while an integration is bound to it, so
// that the rest of the configuration can still be checked.
func (c *Catalog) withdraw(gone func(file string) bool) bool {
	var out []string
	_ = c.Host.Change(func(now *Set) (*Set, error) { // the same configuration can't be refused
		next := &Set{Config: now.Config}
		for _, p := range now.plugins {
			if p.found.File == "" || p.State == withdrawn || !gone(p.found.File) {
				next.plugins = append(next.plugins, p)
				continue
			}
			out = append(out, p.found.File)
			if now.Uses(p.Name()) {
				p.Module, p.State, p.later = nil, withdrawn, false
				p.Reason = fmt.Sprintf("its file was removed: put %s back, or take its integrations out of %s", p.found.File, now.Config.Path)
				next.plugins = append(next.plugins, p)
			}
		}
		if len(out) == 0 {
			return nil, nil
		}
		next.Owners = now.Owners.Without(out)
		return next, nil
	})
	if len(out) > 0 {
		c.Log.Warn("a plugin was removed", "files", out)
	}
	return len(out) > 0
}

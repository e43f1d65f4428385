package daemon

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"vega/daemon/config"
	"vega/plugins"
	"vega/plugins/manifest"
	"vega/plugins/shortage"
	"vega/plugins/signature"
)

// pollEvery is how often the plugins directory is looked at. A file counts
// once it looked the same twice in a row, so no copy in progress is read.
const pollEvery = 250 * time.Millisecond

// shortEvery is how often what vega is too short of something to load is tried
// again.
const shortEvery = 2 * time.Second

// watcher sees what changed in the plugins directory.
type watcher struct {
	last    map[string]stamp // at the last poll
	handled map[string]stamp // as it was when it was dealt with
	short   time.Time        // when vega was last too short of something to deal with one
}

func newWatcher() watcher {
	return watcher{last: map[string]stamp{}, handled: map[string]stamp{}}
}

// stamp is how a changed file is told from an unchanged one.
type stamp struct {
	fs.FileInfo
	seal fs.FileInfo // of the signature beside a module; nil if there is none
}

// same reports whether nothing about the file changed: not even that another
// of the same size and date took its name.
func (s stamp) same(o stamp) bool {
	return sameFile(s.FileInfo, o.FileInfo) && (s.seal == nil && o.seal == nil || sameFile(s.seal, o.seal))
}

func sameFile(a, b fs.FileInfo) bool {
	return a != nil && b != nil && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime()) && os.SameFile(a, b)
}

// like reports whether both are the same file, or both none; one that other
// users may read now counts as another.
func (s stamp) like(o stamp) bool {
	if s.FileInfo == nil || o.FileInfo == nil {
		return s == o
	}
	return s.same(o) && s.Mode() == o.Mode()
}

// watch keeps the modules in service in step with the plugins directory, and
// the configuration with its files.
func (d *Daemon) watch(ctx context.Context) {
	w := newWatcher()
	var f follower
	plugins, files := time.NewTicker(pollEvery), time.NewTicker(lookEvery)
	defer plugins.Stop()
	defer files.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-plugins.C:
			if d.poll(ctx, &w) {
				f.forget() // a configuration may have waited for that plugin
			}
		case <-files.C:
			d.look(ctx, &f)
		}
	}
}

// poll reports whether any module came, changed or went.
func (d *Daemon) poll(ctx context.Context, w *watcher) (news bool) {
	files, err := stamps(d.inForce().cfg.Plugins.Dir)
	if err != nil { // unreadable for now: nothing is known, so nothing changes
		return false
	}
	gone := d.withdraw(func(file string) bool {
		_, here := files[file]
		_, was := w.last[file]
		return !here && !was
	})
	d.ahead.tidy()
	maps.DeleteFunc(w.handled, func(file string, _ stamp) bool { _, here := files[file]; return !here })
	for _, file := range slices.Sorted(maps.Keys(files)) {
		s := files[file]
		if !s.same(w.last[file]) || s.same(w.handled[file]) && !d.due(file) || time.Since(w.short) < shortEvery {
			continue
		}
		done, taken := d.handle(ctx, file)
		if !done {
			w.short = time.Now()
			continue
		}
		w.handled[file] = s
		news = news || taken
	}
	w.last = files
	return news || gone
}

// handle takes a file in, or has it compiled first: taken is false then. A file that
// would be refused is not compiled. It reports whether it is done with the file for
// now: not where vega is too short of something to tell.
func (d *Daemon) handle(ctx context.Context, file string) (done, taken bool) {
	s := d.inForce()
	f, _ := manifest.Look(file, s.cfg.Plugins.Trust.Admit)
	if f.Err != nil || s.serving(f) != nil || s.mayServe(f) != nil || !d.unready(f) {
		return d.takeIn(ctx, f, s.cfg), true
	}
	d.ahead.add(f, usedBy(s.cfg)[f.Module.Manifest.Name])
	d.note(f, errLater, true)
	d.log.InfoContext(ctx, "a plugin is to be compiled", "plugin", f.Module.Manifest.Name, "file", file, "digest", f.Digest)
	return true, false
}

// due reports whether a file that was passed over can be taken in now.
func (d *Daemon) due(file string) bool {
	p := d.inForce().byFile(file)
	return p != nil && p.later && d.ahead.due(file)
}

// stamps reads the state of every module file; a directory that is not there
// holds none.
func stamps(dir string) (map[string]stamp, error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	files := map[string]stamp{}
	for _, e := range entries {
		if !manifest.IsModuleFile(e.Name()) {
			continue
		}
		if info, err := e.Info(); err == nil { // else it went away just now
			file := filepath.Join(dir, e.Name())
			s := stamp{FileInfo: info}
			s.seal, _ = os.Lstat(file + signature.Suffix) // nil if there is none
			files[file] = s
		}
	}
	return files, nil
}

// takeIn takes a file that came or changed, as it was found and judged by a
// configuration: its module is read, compiled and held against the one in force
// before anything in service changes. It reports whether that is done: not where
// vega is too short of something to tell.
func (d *Daemon) takeIn(ctx context.Context, f manifest.Found, by *config.Config) (done bool) {
	d.change.Lock()
	defer d.change.Unlock()
	if d.now.cfg != by {
		f, _ = manifest.Look(f.File, d.now.cfg.Plugins.Trust.Admit)
	}
	before := d.now.cfg.Warnings
	next, fresh, err := d.accept(ctx, f)
	if err == nil && next != nil {
		if _, err = d.install(next); err != nil {
			err = errors.Join(err, discard(next.plugins))
		}
	}
	short := shortage.Of(err)
	switch {
	case err != nil && ctx.Err() != nil: // vega ends, which tells nothing of the module
	case short != nil:
		d.postponed(ctx, "a plugin can't be loaded at the moment; it is tried again", "file", f.File, "reason", short.Error())
	case err != nil:
		_, later := errors.AsType[laterError](err)
		d.noted(f, err, later)
	case next != nil:
		d.tellReplaced(next.cfg, manifest.Found{File: f.File, Module: fresh.Module.Module})
		d.log.Info("a plugin is in service", "plugin", fresh.Manifest.Name, "version", fresh.Manifest.Version, "file", f.File, "digest", fresh.Digest)
		d.tellDiagnostics(ctx, slices.DeleteFunc(slices.Clone(next.cfg.Warnings), func(g config.Diagnostic) bool {
			return slices.ContainsFunc(before, func(b config.Diagnostic) bool { return b.Code == g.Code && b.Range == g.Range && b.Detail == g.Detail })
		}))
	}
	return short == nil
}

// accept prepares the state with the module that was found in it; nil when that
// module is in service already.
func (d *Daemon) accept(ctx context.Context, f manifest.Found) (*state, *module, error) {
	if f.Err != nil {
		return nil, nil, f.Err
	}
	m := d.now.serving(f)
	if m != nil && d.now.plugin(f.Module.Manifest.Name).reason == "" {
		return nil, nil, nil
	}
	if err := d.now.mayServe(f); err != nil {
		return nil, nil, err
	}
	var err error
	if m == nil {
		if m, err = d.load(ctx, f); err != nil {
			return nil, nil, cmp.Or(again(err), err)
		}
	}
	next, err := d.with(plugin{found: f, module: m, state: loaded})
	if err != nil && m.holders.Load() == 0 {
		err = errors.Join(err, m.Close())
	}
	return next, m, err
}

// mayServe says why another module keeps the name of the one that was found. One
// that does not serve has no claim to a name.
func (s *state) mayServe(f manifest.Found) error {
	var dropped []manifest.Found
	for _, p := range s.plugins {
		if p.found.File == "" || p.found.File == f.File || p.state == withdrawn {
			continue
		}
		if p.module == nil {
			p.found.Module = nil
		}
		dropped = append(dropped, p.found)
	}
	for _, r := range s.cfg.Plugins.Names(s.owners).Resolve(append(dropped, f)) {
		if r.File == f.File {
			return r.Err
		}
	}
	return nil
}

// with is the state in force with p in place of the plugin of its file or
// name, and the configuration bound to the new manifests.
func (d *Daemon) with(p plugin) (*state, error) {
	next := d.now.variant()
	for _, o := range d.now.plugins {
		switch {
		case o.found.File == p.found.File:
		case o.name() != p.name():
			next.plugins = append(next.plugins, o)
		case o.state == refused || o.state == loading: // it no longer stands for the name, but is still there
			o.found.Module = nil
			next.plugins = append(next.plugins, o)
		}
	}
	next.plugins = append(next.plugins, p)
	slices.SortFunc(next.plugins, byFile)
	cfg, err := rebind(d.now.cfg, droppedOf(next.plugins), d.now.owners.With([]manifest.Found{p.found}))
	if err != nil {
		return nil, fmt.Errorf("the configuration does not fit it: %w", err)
	}
	next.cfg = cfg
	return next, nil
}

// droppedOf are the modules that came from files.
func droppedOf(all []plugin) (dropped []manifest.Found) {
	for _, p := range all {
		if p.found.File != "" {
			dropped = append(dropped, p.found)
		}
	}
	return dropped
}

// variant is to be the same configuration with other plugins.
func (s *state) variant() *state {
	return &state{inputs: s.inputs, since: s.since, databases: s.databases}
}

// rebind judges the text of a configuration against other dropped plugins.
func rebind(cfg *config.Config, dropped []manifest.Found, owners manifest.Owners) (*config.Config, error) {
	o := config.Options{Bundled: cfg.Plugins.Bundled, Owners: owners}
	o.Scan = func(string, manifest.Admit) ([]manifest.Found, error) { return dropped, nil } // admitted already
	out, diags := cfg.Rebind(o)
	if diags.HasErrors() {
		return nil, &InvalidError{diags}
	}
	out.Server = cfg.Server // where the command line may have had its say
	return out, nil
}

// note is noted, for who prepares no new state.
func (d *Daemon) note(f manifest.Found, why error, later bool) {
	d.change.Lock()
	defer d.change.Unlock()
	d.noted(f, why, later)
}

// noted keeps why a file is not in service, for good or for now. What it was to
// replace stays.
func (d *Daemon) noted(f manifest.Found, why error, later bool) {
	all := slices.Clone(d.now.plugins)
	n := slices.IndexFunc(all, func(p plugin) bool { return p.found.File == f.File })
	if n < 0 {
		if !later {
			f.Module, f.Err = nil, why
		}
		all = append(all, plugin{found: f})
		n = len(all) - 1
	}
	p := &all[n]
	if p.reason == why.Error() && p.newer == f.Digest && p.later == later {
		return
	}
	p.reason, p.newer, p.later = why.Error(), f.Digest, later
	switch {
	case p.module != nil:
	case later && !plugins.IsRefusal(why):
		p.state = loading
	default:
		p.state = refused
	}
	slices.SortFunc(all, byFile)
	d.reinstall(all, d.now.owners)
}

// withdraw takes out of service every plugin whose file is gone, and reports
// whether there was one. Its manifest stays known while an integration is
// bound to it, so that the rest of the configuration can still be checked.
func (d *Daemon) withdraw(gone func(file string) bool) bool {
	d.change.Lock()
	defer d.change.Unlock()
	var all []plugin
	var out []string
	for _, p := range d.now.plugins {
		if p.found.File == "" || p.state == withdrawn || !gone(p.found.File) {
			all = append(all, p)
			continue
		}
		out = append(out, p.found.File)
		if d.now.uses(p.name()) {
			p.module, p.state, p.later = nil, withdrawn, false
			p.reason = fmt.Sprintf("its file was removed: put %s back, or take its integrations out of %s", p.found.File, d.now.cfg.Path)
			all = append(all, p)
		}
	}
	if len(out) == 0 {
		return false
	}
	d.reinstall(all, d.now.owners.Without(out))
	d.log.Warn("a plugin was removed", "files", out)
	return true
}

// reinstall puts other plugins in force, and leaves the configuration as it is.
func (d *Daemon) reinstall(all []plugin, owners manifest.Owners) {
	next := d.now.variant()
	next.cfg, next.plugins, next.owners = d.now.cfg, all, owners
	if _, err := d.install(next); err != nil {
		panic(err) // only another configuration can be refused
	}
}

func (s *state) uses(name string) bool {
	return slices.ContainsFunc(s.cfg.Integrations, func(i config.Integration) bool { return i.Plugin == name })
}

// byFile orders plugins by file, the bundled ones first.
func byFile(a, b plugin) int { return strings.Compare(a.found.File, b.found.File) }

package daemon

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

// fit loads the modules of a configuration. Where one can't be loaded, what served
// its file before goes on, or another file of its name serves, and the configuration
// is judged again by that. If it does not fit, the integrations of that plugin are
// left without one, and say why. One that is still to be compiled fails nothing. The
// error is that of loadAll.
func (d *Daemon) fit(ctx context.Context, cfg *config.Config, already []plugin) (all []plugin, _ *config.Config, short error) {
	all = already
	for {
		if all, short = d.loadAll(ctx, cfg, all); short != nil {
			return all, cfg, short
		}
		dropped, failed := d.withoutFailed(cfg, all)
		if !failed {
			return all, cfg, nil
		}
		next, err := rebind(cfg, dropped, d.now.owners)
		if err != nil {
			return all, cfg, nil //nolint:nilerr // p.reason says why
		}
		cfg = next
	}
}

// withoutFailed are the modules in the plugin directory, with those that failed to
// load refused for good, and those to be compiled passed over where the one before
// them serves. It reports whether there is such a one.
func (d *Daemon) withoutFailed(cfg *config.Config, all []plugin) (dropped []manifest.Found, failed bool) {
	dropped = slices.Clone(cfg.Plugins.Dropped)
	for _, p := range all {
		if p.found.File == "" || p.found.Module == nil || p.state != refused && p.state != loading {
			continue
		}
		n := slices.IndexFunc(dropped, func(f manifest.Found) bool { return f.File == p.found.File })
		if n < 0 {
			continue
		}
		f := dropped[n]
		f.Module, f.Err = nil, errors.New(p.reason)
		if p.later {
			f.Err = laterError{f.Err}
		}
		d.keepServing(&f, cfg.Plugins.Trust.Admit)
		if p.state == loading && f.Module == nil { // its name stays its own
			continue
		}
		dropped[n], failed = f, true
	}
	return dropped, failed
}

// scan finds the modules in a directory. A file that is refused keeps the module
// that serves it, if that would still be admitted.
func (d *Daemon) scan(dir string, admit manifest.Admit) ([]manifest.Found, error) {
	found, err := manifest.Scan(dir, admit)
	for n := range found {
		if found[n].Err != nil {
			d.keepServing(&found[n], admit)
		}
	}
	return found, err
}

func (d *Daemon) keepServing(f *manifest.Found, admit manifest.Admit) {
	for _, p := range d.inForce().plugins {
		if p.found.File == f.File && p.module != nil && admit(f.File, p.module.Digest, p.found.Seal) == nil {
			f.Module, f.Seal = p.found.Module, p.found.Seal
		}
	}
}

// loadAll loads the modules that a configuration found. What is in service
// with the same bytes stays, and so does what was loaded for it already. The error
// is a shortage of vega's, for which not all could be loaded: that tells nothing of
// a module.
func (d *Daemon) loadAll(ctx context.Context, cfg *config.Config, already []plugin) (_ []plugin, short error) {
	used := usedBy(cfg)
	all := make([]plugin, len(cfg.Plugins.Modules))
	for n, f := range cfg.Plugins.Modules {
		p := plugin{found: f, state: loaded, newer: f.Digest}
		if f.Err != nil { // where there is a module, an older one serves
			_, p.later = errors.AsType[laterError](f.Err)
			p.reason = f.Err.Error()
		}
		switch {
		case f.Module == nil:
			p.refuse(f.Err)
		case (d.options.ReadOnly || f.Extra) && !used[f.Module.Manifest.Name]:
			p.state = unused
		case serving(already, f) != nil:
			p.module = serving(already, f)
		case d.now.serving(f) != nil:
			p.module = d.now.serving(f)
		case d.unready(f):
			d.ahead.add(f, used[f.Module.Manifest.Name])
			p.wait()
		default:
			var err error
			if p.module, err = d.load(ctx, f); err == nil {
				d.tellReplaced(cfg, f)
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

// usedBy are the plugins that enabled integrations are bound to.
func usedBy(cfg *config.Config) map[string]bool {
	used := map[string]bool{}
	for _, i := range cfg.Integrations {
		used[i.Plugin] = used[i.Plugin] || i.Enabled
	}
	return used
}

// errLater is why a module does not serve yet.
var errLater = errors.New("it has to be compiled first; it is loaded once that is done")

// laterError is for a module that is not for good out of service.
type laterError struct{ error }

func (e laterError) Unwrap() error { return e.error }

// load loads the module that was found, if its file still holds it, and compiles it
// before where that is not done. What fails for vega's own reasons fails for a
// while, so that it is not tried all the time.
func (d *Daemon) load(ctx context.Context, f manifest.Found) (*module, error) {
	wasm, err := bytesOf(f)
	if err != nil {
		return nil, err
	}
	if err := d.ahead.take(f); err != nil {
		return nil, err
	}
	m, err := d.sandbox.Load(ctx, wasm)
	if err != nil {
		if f.File != "" && ctx.Err() == nil && shortage.Of(err) == nil && plugins.RetryAfter(err) > 0 {
			d.ahead.failed(f, err)
		}
		return nil, err
	}
	return &module{Module: m}, nil
}

// bytesOf reads what was found again. That it is the same is told before anything
// else is done with the bytes: those that were found are those that were judged,
// and to load a module is to run its start.
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

// refuse keeps a plugin out of service and says why.
func (p *plugin) refuse(why error) {
	p.state, p.reason, p.module = refused, why.Error(), nil
}

// fail keeps a plugin out of service that did not load. For what is not the
// module's fault it is not refused, and keeps its name.
func (p *plugin) fail(err error) {
	p.refuse(err)
	if again := again(err); p.found.File != "" && again != nil {
		p.reason, p.later = again.Error(), true
		if !plugins.IsRefusal(err) {
			p.state = loading
		}
	}
}

// again is an error of loading that says when that is tried again; nil if it is not.
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
func (p *plugin) wait() { p.state, p.reason, p.later = loading, errLater.Error(), true }

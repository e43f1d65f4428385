package daemon

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync/atomic"

	"vega/daemon/config"
	"vega/plugins"
	"vega/plugins/extras"
	"vega/plugins/manifest"
)

// The states a plugin can be in.
const (
	loaded    = "loaded"
	unused    = "unused"    // no integration needs it, and nothing is dropped in
	refused   = "refused"   // for the reason given
	withdrawn = "withdrawn" // its file is gone
)

// Bundled are the plugins that ship with vega, for config.Options.
func Bundled() ([]manifest.Found, error) {
	m, err := manifest.Read(plugins.Core())
	if err != nil {
		return nil, fmt.Errorf("the bundled plugin can't be read; this vega was built wrong: %w", err)
	}
	more, err := extras.All()
	if err != nil {
		return nil, err
	}
	return append([]manifest.Found{{Module: m}}, more...), nil
}

// plugin is a module file, or the bundled module, whose File is "".
type plugin struct {
	found  manifest.Found // what configuration is checked against
	module *module        // nil: not in service
	state  string
	reason string // why it is not in service, or why a newer file is not
}

// module is a compiled plugin that closes once the last that holds it lets go:
// the state it is part of, and every run.
type module struct {
	*plugins.Module
	holders atomic.Int64
}

func (m *module) retain() { m.holders.Add(1) }

func (m *module) release() error {
	if m.holders.Add(-1) > 0 {
		return nil
	}
	return m.Close()
}

func retainAll(all []plugin) {
	for _, p := range all {
		if p.module != nil {
			p.module.retain()
		}
	}
}

func releaseAll(all []plugin) error {
	var errs []error
	for _, p := range all {
		if p.module != nil {
			errs = append(errs, p.module.release())
		}
	}
	return errors.Join(errs...)
}

// discard closes the modules that came into no state.
func discard(all []plugin) error {
	var errs []error
	for _, p := range all {
		if p.module != nil && p.module.holders.Load() == 0 {
			errs = append(errs, p.module.Close())
		}
	}
	return errors.Join(errs...)
}

// loadAll loads the modules that a configuration found. What is in service
// with the same bytes stays.
func (d *Daemon) loadAll(ctx context.Context, cfg *config.Config) []plugin {
	used := map[string]bool{}
	for _, i := range cfg.Integrations {
		used[i.Plugin] = used[i.Plugin] || i.Enabled
	}
	all := make([]plugin, len(cfg.Plugins.Modules))
	for n, f := range cfg.Plugins.Modules {
		p := plugin{found: f, state: loaded}
		switch {
		case f.Module == nil:
			p.refuse(f.Err)
		case (d.options.ReadOnly || f.Extra) && !used[f.Module.Manifest.Name]:
			p.state = unused
		case d.now.serving(f) != nil:
			p.module = d.now.serving(f)
		default:
			var err error
			if p.module, err = d.load(ctx, f); err != nil {
				p.refuse(err)
			}
		}
		all[n] = p
	}
	return all
}

// load compiles the module that was found, if its file still holds it. That is
// told before anything else is done with the bytes: those that were found are
// those that were judged, and to load a module is to run its start.
func (d *Daemon) load(ctx context.Context, f manifest.Found) (*module, error) {
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
	m, err := d.sandbox.Load(ctx, wasm)
	if err != nil {
		return nil, err
	}
	return &module{Module: m}, nil
}

// refuse keeps a plugin out of service and says why.
func (p *plugin) refuse(why error) {
	p.state, p.reason, p.module = refused, why.Error(), nil
}

// name is the plugin's, or "" when its file never held one that could be read.
func (p *plugin) name() string {
	if p.found.Module == nil {
		return ""
	}
	return p.found.Module.Manifest.Name
}

// label names the plugin to a person.
func (p *plugin) label() string {
	if p.found.File != "" {
		return filepath.Base(p.found.File)
	}
	return p.name() + " (bundled)"
}

func (s *state) plugin(name string) *plugin {
	for n := range s.plugins {
		if s.plugins[n].name() == name {
			return &s.plugins[n]
		}
	}
	return nil
}

// serving returns the module in service with the bytes that were found.
func (s *state) serving(f manifest.Found) *module {
	for _, p := range s.plugins {
		if p.module != nil && p.module.Digest == f.Module.Digest && p.found.File == f.File {
			return p.module
		}
	}
	return nil
}

// holds reports whether the plugins are those that were found, and all that
// can be in service is.
func (s *state) holds(found []manifest.Found) bool {
	there := slices.DeleteFunc(slices.Clone(s.plugins), func(p plugin) bool { return p.state == withdrawn })
	return slices.EqualFunc(there, found, func(p plugin, f manifest.Found) bool {
		switch {
		case p.found.File != f.File:
			return false
		case f.Module == nil:
			return p.reason != ""
		case f.Extra && p.state == unused:
			return true
		default:
			return p.module != nil && p.module.Digest == f.Module.Digest && p.reason == ""
		}
	})
}

// loadedOf is the outcome of loading, for the start: a refusal is a warning.
func loadedOf(all []plugin) (string, error) {
	var errs []error
	count := 0
	for _, p := range all {
		switch p.state {
		case loaded:
			count++
		case refused:
			errs = append(errs, fmt.Errorf("%s is refused: %s", p.label(), p.reason))
		}
	}
	outcome := fmt.Sprintf("%d loaded", count)
	if len(errs) > 0 {
		return outcome, warning{errors.Join(errs...)}
	}
	return outcome, nil
}

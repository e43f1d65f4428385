package daemon

import (
	"context"
	"errors"
	"fmt"
	"maps"
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
	loading   = "loading"   // it is being compiled
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
	newer  string // digest of that newer file
	later  bool   // the file, or the newer one, is taken in once it is compiled, or tried again
}

// module is a compiled plugin that closes once the last that holds it lets go:
// the state it is part of, and every run.
type module struct {
	*plugins.Module
	holders atomic.Int64
}

// Retain keeps the module open until Release.
func (m *module) Retain() { m.holders.Add(1) }

// Release closes the module if nobody else retains it.
func (m *module) Release() error {
	if m.holders.Add(-1) > 0 {
		return nil
	}
	return m.Close()
}

func retainAll(all []plugin) {
	for _, p := range all {
		if p.module != nil {
			p.module.Retain()
		}
	}
}

func releaseAll(all []plugin) error {
	var errs []error
	for _, p := range all {
		if p.module != nil {
			errs = append(errs, p.module.Release())
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
		return manifest.FileName(p.found.File)
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

// byFile is the plugin of a file, nil if it is not known.
func (s *state) byFile(file string) *plugin {
	for n := range s.plugins {
		if s.plugins[n].found.File == file {
			return &s.plugins[n]
		}
	}
	return nil
}

// serving returns the module in service with the bytes that were found.
func (s *state) serving(f manifest.Found) *module { return serving(s.plugins, f) }

func serving(all []plugin, f manifest.Found) *module {
	for _, p := range all {
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
			return p.module != nil && p.module.Digest == f.Module.Digest && (p.reason == "") == (f.Err == nil)
		}
	})
}

// tellReplaced warns of a file that takes the place of a plugin that ships with
// vega.
func (d *Daemon) tellReplaced(cfg *config.Config, f manifest.Found) {
	if name := f.Module.Manifest.Name; f.File != "" && manifest.Plugin(cfg.Plugins.Bundled, name) != nil {
		d.log.Warn("a file takes the place of a plugin that ships with vega, as plugins.replace allows", "plugin", name, "file", f.File, "digest", f.Module.Digest)
	}
}

// serve are the files that serve a name, those that did before among them.
func (s *state) serve(before manifest.Owners) manifest.Owners {
	var found []manifest.Found
	for _, p := range s.plugins {
		if p.module != nil {
			found = append(found, p.found)
		}
	}
	return before.With(found)
}

// keepOwners writes down who serves which name, so that it stays so after a
// restart.
func (d *Daemon) keepOwners(before, now manifest.Owners) {
	if d.options.ReadOnly || maps.Equal(before, now) {
		return
	}
	if err := now.Write(filepath.Join(d.now.cfg.DataDir, manifest.OwnersFile)); err != nil {
		d.log.Warn("which file serves which plugin is not written down: after a restart, another file of the same plugin could take its place", "err", err)
	}
}

// tellRefused logs each refused module once, for as long as neither it nor the
// reason changes.
func (d *Daemon) tellRefused(ctx context.Context, all []plugin) {
	told := map[string]bool{}
	for _, p := range all {
		if p.reason == "" || p.state == withdrawn || p.state == loading || p.reason == errLater.Error() {
			continue
		}
		key := p.found.File + "\x00" + p.newer + "\x00" + p.reason
		if told[key] = true; !d.told[key] {
			d.log.WarnContext(ctx, "a plugin is refused", "file", p.found.File, "digest", p.newer, "reason", p.reason)
		}
	}
	d.told = told
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
		case loading:
			errs = append(errs, fmt.Errorf("%s: %s", p.label(), p.reason))
		}
	}
	outcome := fmt.Sprintf("%d loaded", count)
	if len(errs) > 0 {
		return outcome, warning{errors.Join(errs...)}
	}
	return outcome, nil
}

package catalog

import (
	"errors"
	"slices"
	"strings"
	"sync/atomic"

	"vega/daemon/config"
	"vega/plugins"
	"vega/plugins/manifest"
)

// Set is the plugins of one configuration, in order of file, the bundled ones
// first. It never changes once it is in force.
type Set struct {
	Config  *config.Config
	Owners  manifest.Owners // of plugins' names; nil: those of the set before
	plugins []Plugin
}

// The states of a plugin.
const (
	loaded    = "loaded"
	unused    = "unused"    // bundled, and no integration needs it
	refused   = "refused"   // for the reason given
	loading   = "loading"   // it is being compiled
	withdrawn = "withdrawn" // its file was removed
)

// Plugin is a module file, or a bundled module.
type Plugin struct {
	Module *Module // nil: not in service
	State  string  // loaded, unused, refused, loading or withdrawn
	Reason string  // why it is not in service, or why a newer file is not

	found manifest.Found // what the configuration is checked against
	newer string         // digest of that newer file
	later bool           // the file, or the newer one, is taken in once it is compiled, or tried again
}

// Module is a compiled plugin. It closes when the last holder releases it: the sets
// that it is part of, and every run.
type Module struct {
	*plugins.Module
	holders atomic.Int64
}

// Retain keeps the module open until Release.
func (m *Module) Retain() { m.holders.Add(1) }

// Release closes the module if nobody else retains it.
func (m *Module) Release() error {
	if m.holders.Add(-1) > 0 {
		return nil
	}
	return m.Close()
}

// Retain keeps the modules of the set open until Release.
func (s *Set) Retain() {
	for _, p := range s.plugins {
		if p.Module != nil {
			p.Module.Retain()
		}
	}
}

// Release closes the modules that nobody else retains.
func (s *Set) Release() error {
	var errs []error
	for _, p := range s.plugins {
		if p.Module != nil {
			errs = append(errs, p.Module.Release())
		}
	}
	return errors.Join(errs...)
}

// Discard closes the modules of a set that is not put in force.
func (s *Set) Discard() error {
	var errs []error
	for _, p := range s.plugins {
		if p.Module != nil && p.Module.holders.Load() == 0 {
			errs = append(errs, p.Module.Close())
		}
	}
	return errors.Join(errs...)
}

// Own adds to the owners of names those of the set, after the owners of the set
// before.
func (s *Set) Own(before *Set) {
	if s.Owners == nil {
		s.Owners = before.Owners
	}
	var found []manifest.Found
	for _, p := range s.plugins {
		if p.Module != nil {
			found = append(found, p.found)
		}
	}
	s.Owners = s.Owners.With(found)
}

// Plugin returns the plugin of that name, nil if there is none.
func (s *Set) Plugin(name string) *Plugin {
	for n := range s.plugins {
		if s.plugins[n].Name() == name {
			return &s.plugins[n]
		}
	}
	return nil
}

// byFile returns the plugin of a file, nil if it is not known.
func (s *Set) byFile(file string) *Plugin {
	for n := range s.plugins {
		if s.plugins[n].found.File == file {
			return &s.plugins[n]
		}
	}
	return nil
}

// Uses reports whether an integration is bound to the plugin of that name.
func (s *Set) Uses(name string) bool {
	return slices.ContainsFunc(s.Config.Integrations, func(i config.Integration) bool { return i.Plugin == name })
}

// Displaced returns a plugin that integrations use, that has no module in the set,
// and that has one in the set before; nil if there is none.
func (s *Set) Displaced(before *Set) *Plugin {
	for n := range s.plugins {
		p := &s.plugins[n]
		was := before.Plugin(p.Name())
		if p.Module == nil && was != nil && was.Module != nil && s.Uses(p.Name()) {
			return p
		}
	}
	return nil
}

// Loading returns the names of plugins that integrations use and that are still to
// be compiled.
func (s *Set) Loading() []string {
	var names []string
	for _, p := range later(s.plugins) {
		if s.Uses(p.Name()) {
			names = append(names, p.Name())
		}
	}
	return names
}

// Holds reports whether the plugins are those that were found, and all of them that
// can be in service are.
func (s *Set) Holds(found []manifest.Found) bool {
	there := slices.DeleteFunc(slices.Clone(s.plugins), func(p Plugin) bool { return p.State == withdrawn })
	return slices.EqualFunc(there, found, func(p Plugin, f manifest.Found) bool {
		switch {
		case p.found.File != f.File:
			return false
		case f.Module == nil:
			return p.Reason != ""
		case f.Extra && p.State == unused:
			return true
		default:
			return p.Module != nil && p.Module.Digest == f.Module.Digest && (p.Reason == "") == (f.Err == nil)
		}
	})
}

// serving returns the module in service with the bytes that were found.
func (s *Set) serving(f manifest.Found) *Module { return serving(s.plugins, f) }

func serving(all []Plugin, f manifest.Found) *Module {
	for _, p := range all {
		if p.Module != nil && p.Module.Digest == f.Module.Digest && p.found.File == f.File {
			return p.Module
		}
	}
	return nil
}

// later returns the plugins that are still to be compiled, or tried again.
func later(all []Plugin) []Plugin {
	return slices.DeleteFunc(slices.Clone(all), func(p Plugin) bool { return !p.later })
}

// Name returns the plugin's name, "" if its file never held a readable one.
func (p *Plugin) Name() string {
	if p.found.Module == nil {
		return ""
	}
	return p.found.Module.Manifest.Name
}

// label names the plugin to a person.
func (p *Plugin) label() string {
	if p.found.File != "" {
		return manifest.FileName(p.found.File)
	}
	return p.Name() + " (bundled)"
}

// inOrder compares plugins by file, the bundled ones first.
func inOrder(a, b Plugin) int { return strings.Compare(a.found.File, b.found.File) }

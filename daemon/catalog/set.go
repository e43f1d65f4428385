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

// Set holds the plugins of one configuration, sorted by file, the bundled ones
// first. An active set does not change.
type Set struct {
	Config  *config.Config
	Owners  manifest.Owners // of plugin names; nil: keep those of the previous set
	plugins []Plugin
}

// The states of a plugin.
const (
	loaded    = "loaded"
	unused    = "unused"    // bundled, and no integration uses it
	refused   = "refused"   // see Reason
	loading   = "loading"   // being compiled, or to be tried again
	withdrawn = "withdrawn" // its file was removed
)

// Plugin is a module file, or a bundled module.
type Plugin struct {
	Module *Module // nil: not in service
	State  string  // loaded, unused, refused, loading or withdrawn
	Reason string  // why the plugin, or a newer file of it, is not in service

	found     manifest.Found // used to check the configuration
	newDigest string         // digest of the file that Reason refers to
	pending   bool           // the file will be loaded once it is compiled, or tried again
	queued    bool           // the file, or the newer one, waits for the compiler
}

// Module is a compiled plugin. Sets and runs hold it, and the last one to release it
// closes it.
type Module struct {
	*plugins.Module
	holders atomic.Int64
}

// Retain keeps the module open until Release.
func (m *Module) Retain() { m.holders.Add(1) }

// Release closes the module if nothing else retains it.
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

// Release closes the modules that nothing else retains.
func (s *Set) Release() error {
	var errs []error
	for _, p := range s.plugins {
		if p.Module != nil {
			errs = append(errs, p.Module.Release())
		}
	}
	return errors.Join(errs...)
}

// Discard closes the modules of a set that was never active.
func (s *Set) Discard() error {
	var errs []error
	for _, p := range s.plugins {
		if p.Module != nil && p.Module.holders.Load() == 0 {
			errs = append(errs, p.Module.Close())
		}
	}
	return errors.Join(errs...)
}

// Own adds the plugins of the set to the owners of plugin names, starting from those
// of the previous set.
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

// Plugin returns the plugin with that name, or nil.
func (s *Set) Plugin(name string) *Plugin {
	for n := range s.plugins {
		if s.plugins[n].Name() == name {
			return &s.plugins[n]
		}
	}
	return nil
}

// byFile returns the plugin of a file, or nil.
func (s *Set) byFile(file string) *Plugin {
	for n := range s.plugins {
		if s.plugins[n].found.File == file {
			return &s.plugins[n]
		}
	}
	return nil
}

// Uses reports whether an integration is bound to the plugin with that name.
func (s *Set) Uses(name string) bool {
	return slices.ContainsFunc(s.Config.Integrations, func(i config.Integration) bool { return i.Plugin == name })
}

// Displaced returns a plugin that integrations use and that has a module in the
// previous set but none in this one, or nil.
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

// Loading returns the names of pending plugins that integrations use.
func (s *Set) Loading() []string {
	var names []string
	for _, p := range waiting(s.plugins) {
		if s.Uses(p.Name()) {
			names = append(names, p.Name())
		}
	}
	return names
}

// Holds reports whether the set already consists of the found modules and every
// module that can be in service is.
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

// serving returns the module in service for the same file and bytes, or nil.
func (s *Set) serving(f manifest.Found) *Module { return serving(s.plugins, f) }

func serving(all []Plugin, f manifest.Found) *Module {
	for _, p := range all {
		if p.Module != nil && p.Module.Digest == f.Module.Digest && p.found.File == f.File {
			return p.Module
		}
	}
	return nil
}

// waiting returns the plugins that are still being compiled or will be tried again.
func waiting(all []Plugin) []Plugin {
	return slices.DeleteFunc(slices.Clone(all), func(p Plugin) bool { return !p.pending })
}

// Name returns the plugin's name, or "" if its file never held a readable plugin.
func (p *Plugin) Name() string {
	if p.found.Module == nil {
		return ""
	}
	return p.found.Module.Manifest.Name
}

// label returns a name of the plugin for messages.
func (p *Plugin) label() string {
	if p.found.File != "" {
		return manifest.FileName(p.found.File)
	}
	return p.Name() + " (bundled)"
}

// inOrder compares plugins by file, the bundled ones first.
func inOrder(a, b Plugin) int { return strings.Compare(a.found.File, b.found.File) }

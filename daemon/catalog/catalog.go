package catalog

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"path/filepath"

	"vega/daemon/config"
	"vega/plugins"
	"vega/plugins/extras"
	"vega/plugins/manifest"
)

// Host is what the catalog needs of the daemon.
type Host interface {
	// InForce returns the set that is in force at the moment.
	InForce() *Set
	// Change calls f with the set in force, and puts the one that it returns in
	// force, unless it is nil. It makes one change at a time. An error, of f or
	// because the new set can't be put in force, changes nothing.
	Change(f func(now *Set) (*Set, error)) error
	// Postponed logs, once a minute at most, what vega is too short of a
	// resource to do and will try again.
	Postponed(ctx context.Context, what string, more ...any)
	// LogDiagnostics logs each.
	LogDiagnostics(ctx context.Context, all []config.Diagnostic)
}

// Options configures a Catalog.
type Options struct {
	Log     *slog.Logger
	Host    Host
	Sandbox *plugins.Sandbox // closed with the catalog
	// Life is the context of everything that is compiled.
	Life context.Context
	// Draining is closed when vega shuts down: nothing is compiled any longer.
	Draining <-chan struct{}
	// ReadOnly loads only the modules in use, waits for no compiler, and writes
	// nothing down.
	ReadOnly bool
}

// Catalog keeps the plugins. It is safe for concurrent use, where a method does not
// say otherwise.
type Catalog struct {
	Options
	queue    *compileQueue
	reported map[string]bool // modules that were logged as refused; of Installed alone
}

// New returns a catalog without plugins.
func New(o Options) *Catalog { return &Catalog{Options: o, queue: newCompileQueue()} }

// Close closes the sandbox. Release every Set before.
func (c *Catalog) Close() error { return c.Sandbox.Close() }

// Bundled returns the plugins that ship with vega, for config.Options.
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

// Installed writes down who owns the names of plugins, and logs what is refused in
// next and was not before. The daemon calls it after each change, one call at a
// time.
func (c *Catalog) Installed(ctx context.Context, old, next *Set) {
	c.keepOwners(old.Owners, next)
	c.logRefused(ctx, next.plugins)
}

// keepOwners writes down which file serves which name, so that it stays so after a
// restart.
func (c *Catalog) keepOwners(before manifest.Owners, now *Set) {
	if c.ReadOnly || maps.Equal(before, now.Owners) {
		return
	}
	if err := now.Owners.Write(filepath.Join(now.Config.DataDir, manifest.OwnersFile)); err != nil {
		c.Log.Warn("which file serves which plugin can't be written down: after a restart, another file of the same plugin could replace it", "err", err)
	}
}

// logRefused logs each refused module once, until it or the reason changes.
func (c *Catalog) logRefused(ctx context.Context, all []Plugin) {
	reported := map[string]bool{}
	for _, p := range all {
		if p.Reason == "" || p.State == withdrawn || p.State == loading || p.Reason == errLater.Error() {
			continue
		}
		key := p.found.File + "\x00" + p.newer + "\x00" + p.Reason
		if reported[key] = true; !c.reported[key] {
			c.Log.WarnContext(ctx, "a plugin is refused", "file", p.found.File, "digest", p.newer, "reason", p.Reason)
		}
	}
	c.reported = reported
}

// logReplaced warns of a file that replaces a plugin that ships with vega.
func (c *Catalog) logReplaced(cfg *config.Config, f manifest.Found) {
	if name := f.Module.Manifest.Name; f.File != "" && manifest.Plugin(cfg.Plugins.Bundled, name) != nil {
		c.Log.Warn("a file replaces a plugin that ships with vega, as plugins.replace allows", "plugin", name, "file", f.File, "digest", f.Module.Digest)
	}
}

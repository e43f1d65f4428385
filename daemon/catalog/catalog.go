package catalog

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"path/filepath"

	"vega/daemon/config"
	"vega/daemon/config/diag"
	"vega/plugins"
	"vega/plugins/extras"
	"vega/plugins/manifest"
)

// Host activates sets. The daemon implements it.
type Host interface {
	// InForce returns the active set.
	InForce() *Set
	// Change calls f with the active set and activates the set that f returns,
	// unless it is nil. It makes one change at a time. If f fails or the new set
	// can't be activated, nothing changes.
	Change(f func(now *Set) (*Set, error)) error
	// Postponed logs, at most once a minute, what vega could not do for lack of a
	// resource and will try again.
	Postponed(ctx context.Context, what string, more ...any)
	// LogDiagnostics logs each diagnostic.
	LogDiagnostics(ctx context.Context, all []diag.Diagnostic)
}

// Options configures a Catalog.
type Options struct {
	Log     *slog.Logger
	Host    Host
	Sandbox *plugins.Sandbox // closed by Close
	// Life is the context of every compilation.
	Life context.Context
	// Draining is closed when vega shuts down, which stops the compiler.
	Draining <-chan struct{}
	// ReadOnly loads only the modules in use, does not compile in the background,
	// and writes no files.
	ReadOnly bool
}

// Catalog manages the plugins. It is safe for concurrent use, except where a method
// says otherwise.
type Catalog struct {
	Options
	queue    *compileQueue
	reported map[string]bool // refusals already logged; used only by Installed
}

// New returns a catalog without plugins.
func New(o Options) *Catalog { return &Catalog{Options: o, queue: newCompileQueue()} }

// Close closes the sandbox. Release every Set first.
func (c *Catalog) Close() error { return c.Sandbox.Close() }

// Bundled returns the plugins that ship with vega, for config.Options.
func Bundled() ([]manifest.Found, error) {
	m, err := manifest.Read(plugins.Core())
	if err != nil {
		return nil, fmt.Errorf("read the bundled plugin (this build of vega is broken): %w", err)
	}
	more, err := extras.All()
	if err != nil {
		return nil, err
	}
	return append([]manifest.Found{{Module: m}}, more...), nil
}

// Installed saves the owners of plugin names and logs new refusals. The daemon calls
// it after each change, never concurrently.
func (c *Catalog) Installed(ctx context.Context, old, next *Set) {
	c.keepOwners(old.Owners, next)
	c.logRefused(ctx, next.plugins)
}

// keepOwners saves which file serves which plugin name, so that the assignment
// survives a restart.
func (c *Catalog) keepOwners(before manifest.Owners, now *Set) {
	if c.ReadOnly || maps.Equal(before, now.Owners) {
		return
	}
	if err := now.Owners.Write(filepath.Join(now.Config.DataDir, manifest.OwnersFile)); err != nil {
		c.Log.Warn("can't save which file serves which plugin; after a restart, another file of the same plugin could replace it", "err", err)
	}
}

// maxRefusedLines limits how many refused modules are logged one by one at a time.
const maxRefusedLines = 20

// logRefused logs each refused module once, until its file or the reason changes.
func (c *Catalog) logRefused(ctx context.Context, all []Plugin) {
	reported, fresh := map[string]bool{}, 0
	for _, p := range all {
		if !p.refused() {
			continue
		}
		key := p.found.File + "\x00" + p.newDigest + "\x00" + p.Reason
		if reported[key] = true; c.reported[key] {
			continue
		}
		if fresh++; fresh <= maxRefusedLines {
			c.Log.WarnContext(ctx, "plugin refused", "file", p.found.File, "digest", p.newDigest, "reason", p.Reason)
		}
	}
	if fresh > maxRefusedLines {
		c.Log.WarnContext(ctx, "more plugins refused; GET /admin/plugins lists them all", "count", fresh-maxRefusedLines)
	}
	c.reported = reported
}

// logReplaced logs a warning if a file replaces a bundled plugin.
func (c *Catalog) logReplaced(cfg *config.Config, f manifest.Found) {
	if name := f.Module.Manifest.Name; f.File != "" && manifest.Plugin(cfg.Plugins.Bundled, name) != nil {
		c.Log.Warn("a file replaces a bundled plugin, as plugins.replace allows", "plugin", name, "file", f.File, "digest", f.Module.Digest)
	}
}

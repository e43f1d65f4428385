package config

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"syscall"

	"vega/daemon/config/bind"
	"vega/daemon/config/diag"
	"vega/daemon/config/input"
	"vega/daemon/config/syntax"
	"vega/plugins/manifest"
	"vega/plugins/shortage"
)

// pluginStage finds the modules that integrations may be bound to.
type pluginStage struct{ *stage }

// find finds the modules and decides which of them provides each plugin name.
func (d pluginStage) find(c *Config, o Options) {
	s := d.root.Block("plugins")
	d.ev.Evaluate(s)
	c.Plugins.Dir = d.ev.Str(s, "dir")
	scan := o.Scan
	if scan == nil {
		scan = manifest.Scan
	}
	c.Plugins.Trust, c.Plugins.Replace = d.trust(s), d.replaced(s, o.Bundled)
	d.modules = append([]manifest.Found{}, o.Bundled...)
	c.Plugins.Bundled, c.Plugins.Modules = o.Bundled, d.modules
	if s.Unsure("dir") {
		return
	}
	found, err := scan(c.Plugins.Dir, c.Plugins.Trust.Admit)
	d.in.Note(err)
	switch {
	case errors.Is(err, syscall.ENOTDIR), shortage.Of(err) != nil: // after a shortage, the configuration is read again
		d.out.Err(diag.PluginDir, s.Place("dir"), "The plugin directory cannot be read: "+input.Reason(err).Error()+".", "set plugins.dir to a directory that vega's user can read")
	case err != nil: // permissions and disks can be repaired while vega serves
		d.out.Warn(diag.PluginDir, s.Place("dir"), "The plugin directory cannot be read: "+input.Reason(err).Error()+". Its plugins are missing until vega can read it.", "let vega's user read the directory, or set plugins.dir to another one")
	}
	for _, f := range found {
		d.in.Note(f.Err)
	}
	c.Plugins.Dropped = found
	d.modules = c.Plugins.Names(d.owners(c, o)).Resolve(found)
	c.Plugins.Modules = d.modules
}

// Names returns the rules that decide which module provides a plugin name.
// owners are the files that last provided each name.
func (p *Plugins) Names(owners manifest.Owners) manifest.Names {
	return manifest.Names{Bundled: p.Bundled, Replace: p.Replace, Owners: owners}
}

// owners returns the files that last provided each plugin name. Without them,
// the order of file names would decide between two files with the same name.
func (d pluginStage) owners(c *Config, o Options) manifest.Owners {
	if o.Owners != nil || c.DataDir == "" {
		return o.Owners
	}
	path := filepath.Join(c.DataDir, manifest.OwnersFile)
	owners, err := manifest.ReadOwners(path)
	d.in.Note(err)
	switch {
	case errors.Is(err, fs.ErrPermission):
		d.out.Err(diag.PluginDir, d.root.Place("data_dir"), "The data of vega in data_dir belongs to another user than the one that vega runs as here: "+path+": "+input.Reason(err).Error()+".", "run vega as the owner of "+quoted(c.DataDir)+", or give it to vega's user: chown -R USER "+quoted(c.DataDir))
	case err != nil:
		d.out.Err(diag.PluginDir, d.root.Place("data_dir"), "The plugin records in data_dir cannot be read: "+input.Reason(err).Error()+".", "let vega's user read "+path+", or remove it to start again with the plugins in the directory")
	}
	return owners
}

// replaced returns the bundled plugins that a file may replace.
func (d pluginStage) replaced(s *bind.Section, bundled []manifest.Found) []string {
	var names, out []string
	for _, b := range bundled {
		if b.Extra {
			names = append(names, b.Module.Manifest.Name)
		}
	}
	t := s.Slot("replace")
	for n, name := range d.ev.Strs(s, "replace") {
		if b := manifest.Plugin(bundled, name); b != nil && b.Extra {
			out = append(out, name)
			continue
		}
		at := t.Expr.At
		if t.Expr.Kind == syntax.ListExpr && n < len(t.Expr.Items) {
			at = t.Expr.Items[n].At
		}
		near := diag.Nearest(name, names)
		fix := "remove it; core cannot be replaced, and a plugin with a name of its own needs no entry here"
		if near != "" {
			fix = fmt.Sprintf("use %q", near)
		}
		d.out.Err(diag.NoPlugin, at, fmt.Sprintf("No bundled plugin of this name can be replaced. Replaceable plugins: %s.", diag.Among(names)), fix)
	}
	return out
}

// Modules returns the modules that integrations of the configuration at path
// could be bound to, for reference.Config: the bundled ones, and those in its
// plugin directory. It ignores mistakes elsewhere, and a missing file.
func Modules(path string, o Options) []manifest.Found {
	out := &diag.Collector{}
	in := read(path, Options{}, out)
	if in.Files[0].Text == nil {
		return o.Bundled
	}
	s := parse(in, in.Variables(o.Env, false), out)
	c := &Config{}
	pluginStage{s}.find(c, o)
	return c.Plugins.Modules
}

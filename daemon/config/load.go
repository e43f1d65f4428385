package config

import (
	"maps"
	"os"
	"path/filepath"

	"vega/daemon/config/diag"
	"vega/daemon/config/schema"
	"vega/daemon/config/syntax"
	"vega/plugins/manifest"
)

// Options is what a configuration is judged against.
type Options struct {
	Bundled []manifest.Found            // the plugins that ship with vega
	Env     func(string) (string, bool) // nil: os.LookupEnv
	Scan    Scan                        // nil: manifest.Scan
	// Owners are the files that served a name before; nil: as they are written in
	// the data directory.
	Owners manifest.Owners
	// Host and Port stand in place of those in the server block, also where
	// something refers to them; unless they are "" and 0. Rebind keeps them.
	Host string
	Port int
	// AnyEnv judges the text alone, for a place that is not where vega will
	// run: a variable that is not set is taken to be set to something unknown,
	// of which nothing is said. There is no Config then, whatever the
	// diagnostics.
	AnyEnv bool
}

// Scan finds the modules of a directory that admit lets in, and tells of those that
// it does not.
type Scan func(dir string, admit manifest.Admit) ([]manifest.Found, error)

// Load reads vega.hcl at path and policies/*.hcl beside it. It opens no
// socket, writes nothing and runs no plugin. When the diagnostics hold an
// error, or o.AnyEnv is set, there is no Config.
func Load(path string, o Options) (*Config, diag.Diagnostics) {
	r := Read(path, o)
	return r.Config, r.Diagnostics
}

// Rebind judges the text that c was loaded from against other plugins. The
// disk and the environment are not read again, but for the plugins and who can
// write them.
func (c *Config) Rebind(o Options) (*Config, diag.Diagnostics) {
	maps.DeleteFunc(c.sources.custodies, func(path string, _ custody) bool {
		return path == c.Plugins.Dir || filepath.Dir(path) == c.Plugins.Dir
	})
	return c.sources.decode(o, &diag.Collector{})
}

func (s *sources) decode(o Options, out *diag.Collector) (*Config, diag.Diagnostics) {
	d := newDecoder(s, o.Env, schema.Table, out)
	c, ds := d.config(o)
	if out.Errors() > 0 || d.anyEnv {
		return nil, ds
	}
	c.secrets, c.Warnings = longestFirst(d.secrets), ds
	return c, ds
}

// config reads as much as there is: nil if that is nothing.
func (d *decoder) config(o Options) (*Config, diag.Diagnostics) {
	s := d.sources
	d.anyEnv = o.AnyEnv
	if s.files[0].Text == nil && d.out.Errors() > 0 {
		return nil, d.diagnostics()
	}
	d.root = d.parse(s.files)
	for _, b := range d.root.all("database") {
		d.bases[b.name] = b
	}
	for _, i := range d.root.all("integration") {
		d.peers[i.name] = i
	}
	d.overrule()
	c := &Config{Path: s.path, sources: s}
	d.settle(d.root)
	c.DataDir, c.Watch = d.str(d.root, "data_dir"), get[bool](d, d.root, "watch")
	d.plugins(c, o)
	for _, say := range d.later {
		say()
	}
	d.build(c)
	return c, d.diagnostics()
}

func newDecoder(s *sources, env func(string) (string, bool), t *schema.Block, out *diag.Collector) *decoder {
	if env == nil {
		env = os.LookupEnv
	}
	return &decoder{
		sources: s, env: env, out: out, table: t, dir: filepath.Dir(s.path),
		resolved: map[string]bool{}, secrets: map[string]bool{}, bases: map[string]*section{}, peers: map[string]*section{},
		schemas: map[*manifest.Probe]*schema.Block{}, claimed: map[*manifest.Module]bool{}, whole: newWhole(),
	}
}

// parse reads every file into one section: they are one namespace.
func (d *decoder) parse(files []*diag.Source) *section {
	in := syntax.Parse(files, d.table.BlockNames(), d.out)
	root := &section{head: files[0].Span(0, 0), broken: in.Broken}
	d.lay(&in.Body, d.table, root)
	return root
}

// plugins finds the modules that integrations may be bound to.
func (d *decoder) plugins(c *Config, o Options) {
	s := d.root.block("plugins")
	d.settle(s)
	c.Plugins.Dir = d.str(s, "dir")
	scan := o.Scan
	if scan == nil {
		scan = manifest.Scan
	}
	c.Plugins.Trust, c.Plugins.Replace = d.trust(s), d.replaced(s, o.Bundled)
	d.modules = append([]manifest.Found{}, o.Bundled...)
	c.Plugins.Bundled, c.Plugins.Modules = o.Bundled, d.modules
	if s.unsure("dir") {
		return
	}
	found, err := scan(c.Plugins.Dir, c.Plugins.Trust.Admit)
	d.sources.note(err)
	if err != nil {
		at := s.head
		if t := s.slot("dir"); t != nil {
			at = t.expr.At
		}
		d.out.Err(diag.PluginDir, at, "The plugin directory cannot be read: "+reason(err).Error()+".", "name a directory that vega's user may read")
	}
	for _, f := range found {
		d.sources.note(f.Err)
	}
	c.Plugins.Dropped = found
	d.modules = c.Plugins.Names(d.owners(c, o)).Resolve(found)
	c.Plugins.Modules = d.modules
}

// Names decide which module serves a name, where those files served before.
func (p *Plugins) Names(owners manifest.Owners) manifest.Names {
	return manifest.Names{Bundled: p.Bundled, Replace: p.Replace, Owners: owners}
}

// owners are the files that served a name before. Without them, which of two files
// serves would depend on their names.
func (d *decoder) owners(c *Config, o Options) manifest.Owners {
	if o.Owners != nil || c.DataDir == "" {
		return o.Owners
	}
	path := filepath.Join(c.DataDir, manifest.OwnersFile)
	owners, err := manifest.ReadOwners(path)
	d.sources.note(err)
	if err != nil {
		d.out.Err(diag.PluginDir, d.placeOf(d.root, "data_dir"), "What vega keeps of its plugins cannot be read: "+reason(err).Error()+".", "let vega's user read "+path+", or remove it to begin with the plugins that are there")
	}
	return owners
}

// diagnostics closes the report: no value of env() or file() passes.
func (d *decoder) diagnostics() diag.Diagnostics {
	return d.out.Diagnostics(syntax.NewMasks(d.table.BlockNames(), schema.Public(d.table, d.modules)).Line, NewRedactor(longestFirst(d.resolved)).Redact)
}

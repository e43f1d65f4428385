package config

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"vega/plugins/manifest"
)

// Options is what a configuration is judged against.
type Options struct {
	Bundled []manifest.Found                           // the plugins that ship with vega
	Env     func(string) (string, bool)                // nil: os.LookupEnv
	Scan    func(dir string) ([]manifest.Found, error) // nil: manifest.Scan
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

// Load reads vega.hcl at path and policies/*.hcl beside it. It opens no
// socket, writes nothing and runs no plugin. When the diagnostics hold an
// error, or o.AnyEnv is set, there is no Config.
func Load(path string, o Options) (*Config, Diagnostics) {
	r := Read(path, o)
	return r.Config, r.Diagnostics
}

// Rebind judges the text that c was loaded from against other plugins. The
// disk and the environment are not read again, but for the plugins.
func (c *Config) Rebind(o Options) (*Config, Diagnostics) {
	return c.sources.decode(o, &report{})
}

func (s *sources) decode(o Options, out *report) (*Config, Diagnostics) {
	d := newDecoder(s, o.Env, table, out)
	c, ds := d.config(o)
	if out.errors > 0 || d.anyEnv {
		return nil, ds
	}
	c.secrets, c.Warnings = longestFirst(d.secrets), ds
	return c, ds
}

// config reads as much as there is: nil if that is nothing.
func (d *decoder) config(o Options) (*Config, Diagnostics) {
	s := d.sources
	d.anyEnv = o.AnyEnv
	if s.files[0].src == nil && d.out.errors > 0 {
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

func newDecoder(s *sources, env func(string) (string, bool), t *schema, out *report) *decoder {
	if env == nil {
		env = os.LookupEnv
	}
	return &decoder{
		sources: s, env: env, out: out, table: t, dir: filepath.Dir(s.path),
		resolved: map[string]bool{}, secrets: map[string]bool{}, bases: map[string]*section{}, peers: map[string]*section{},
		schemas: map[*manifest.Probe]*schema{}, claimed: map[*manifest.Module]bool{}, whole: newWhole(),
	}
}

// parse reads every file into one section: they are one namespace.
func (d *decoder) parse(files []*file) *section {
	p := parser{out: d.out, words: d.table.blockNames()}
	for _, f := range files {
		p.file(f)
	}
	root := &section{head: place{file: files[0]}, broken: p.broken}
	d.lay(&p.body, d.table, root)
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
	c.Plugins.Trust = d.trust(s)
	d.modules = append([]manifest.Found{}, o.Bundled...)
	c.Plugins.Modules = d.modules
	if s.unsure("dir") {
		return
	}
	found, err := scan(c.Plugins.Dir)
	if err != nil {
		at := s.head
		if t := s.slot("dir"); t != nil {
			at = t.expr.at
		}
		d.out.err(PluginDir, at, "The plugin directory cannot be read: "+reason(err)+".", "name a directory that vega's user may read")
	}
	for _, f := range found {
		if err := c.Plugins.Trust.Judge(f); err != nil {
			f.Err = &UntrustedError{f.Module.Manifest.Name, err}
			f.Module = nil
		}
		d.addModule(f)
	}
	c.Plugins.Modules = d.modules
}

// addModule adds a plugin that was dropped in. An extra of its name gives way;
// core does not.
func (d *decoder) addModule(f manifest.Found) {
	if f.Module != nil {
		n := slices.IndexFunc(d.modules, func(b manifest.Found) bool {
			return b.File == "" && b.Module.Manifest.Name == f.Module.Manifest.Name
		})
		switch {
		case n >= 0 && d.modules[n].Extra:
			d.modules = slices.Delete(d.modules, n, n+1)
		case n >= 0:
			f.Module, f.Err = nil, NameTaken(f.Module.Manifest.Name)
		}
	}
	d.modules = append(d.modules, f)
}

// NameTaken is why a plugin that bears the name of a bundled one is refused.
func NameTaken(name string) error {
	return fmt.Errorf("%q is the name of the plugin that ships with vega; build it under another name", name)
}

// diagnostics closes the report: no value of env() or file() passes.
func (d *decoder) diagnostics() Diagnostics {
	return d.out.diagnostics(publicIn(d.table, d.modules), NewRedactor(longestFirst(d.resolved)).Redact)
}

// publicIn tells of an attribute's name whether its text may be shown: it has
// to be known, and nowhere sensitive.
func publicIn(t *schema, modules []manifest.Found) func(name string) bool {
	known := map[string]bool{}
	note := func(r *row) {
		if ok, seen := known[r.Name]; !seen || ok {
			known[r.Name] = !r.Sensitive
		}
	}
	t.eachRow(note)
	for _, f := range modules {
		if f.Module == nil {
			continue
		}
		for i := range f.Module.Manifest.Probes {
			probeSchema(&f.Module.Manifest.Probes[i]).eachRow(note)
		}
	}
	return func(name string) bool { return known[name] }
}

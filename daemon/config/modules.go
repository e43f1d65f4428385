package config

import (
	"vega/daemon/config/diag"
	"vega/daemon/config/schema"
	"vega/plugins/manifest"
)

// Modules are the modules that the integrations of the configuration at path
// could be bound to, for Reference: the bundled ones, and those in its plugin
// directory. It does not mind what is wrong with the rest, nor that there is
// no file.
func Modules(path string, o Options) []manifest.Found {
	out := &diag.Collector{}
	s := readSources(path, out)
	if s.files[0].Text == nil {
		return o.Bundled
	}
	d := newDecoder(s, o.Env, schema.Table, out)
	d.root = d.parse(s.files)
	c := &Config{}
	d.plugins(c, o)
	return c.Plugins.Modules
}

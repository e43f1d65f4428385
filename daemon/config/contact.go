package config

import (
	"slices"

	"vega/daemon/config/diag"
	"vega/daemon/config/schema"
)

// Contact is Load for who looks for the vega that runs with a configuration,
// or with what it was before somebody broke it. With errors there is a Config
// all the same, unless they lie in what says where that vega answers, with
// which key, or where its data and plugins are. Nothing else in it may be
// relied on then.
func Contact(path string, o Options) (*Config, diag.Diagnostics) {
	out := &diag.Collector{}
	s := readSources(path, out)
	s.host, s.port = o.Host, o.Port
	d := newDecoder(s, o.Env, schema.Table, out)
	c, ds := d.config(o)
	if c == nil || out.Errors() > 0 && !d.contactable(c) {
		return nil, ds
	}
	c.secrets = longestFirst(d.secrets)
	return c, ds
}

func (d *decoder) contactable(c *Config) bool {
	server := d.root.block("server")
	sure := func(s *section) bool {
		return !slices.ContainsFunc(s.slots, func(t *slot) bool { return t.unsure() })
	}
	return sure(server) && !slices.ContainsFunc(server.blocks, func(s *section) bool { return !sure(s) }) &&
		server.has("tls") == (c.Server.TLS != nil) &&
		!d.root.unsure("data_dir") && !d.root.block("store").unsure("path") && !d.root.block("plugins").unsure("dir")
}

package config

import (
	"vega/daemon/config/diag"
	"vega/daemon/config/schema"
)

// Finding is what was seen of an integration when it was run, or of a database when
// it was asked: one of both is named.
type Finding struct {
	Integration, Database string
	Detail                string // sentences
	Fix                   string
}

// Observe makes a warning of each finding, at the block of its integration or
// database. What is seen is no mistake of the configuration.
func (c *Config) Observe(findings []Finding) diag.Diagnostics {
	d := newDecoder(c.sources, nil, schema.Table, &diag.Collector{})
	d.root = d.parse(c.sources.files)
	d.out, d.modules = &diag.Collector{}, c.Plugins.Modules // what parse had to say was said by Load
	for _, s := range c.secrets {
		d.resolved[s] = true
	}
	for _, of := range []struct {
		block string
		code  diag.Code
		name  func(Finding) string
	}{
		{"database", diag.TooMuchRight, func(f Finding) string { return f.Database }},
		{"integration", diag.NotHealthy, func(f Finding) string { return f.Integration }},
	} {
		seen := map[string]Finding{}
		for _, f := range findings {
			seen[of.name(f)] = f
		}
		for _, s := range d.root.all(of.block) {
			if f, ok := seen[s.name]; ok && s.name != "" {
				d.out.Warn(of.code, s.head, f.Detail, f.Fix)
			}
		}
	}
	return d.diagnostics()
}

// Files are the files that the configuration was read from, as they were
// named: vega.hcl, then those in policies.
func (c *Config) Files() []string {
	var out []string
	for _, f := range c.sources.files {
		out = append(out, f.Name)
	}
	return out
}

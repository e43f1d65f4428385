package config

// Finding is what was seen of an integration when it was run.
type Finding struct {
	Integration string
	Detail      string // sentences
	Fix         string
}

// Observe makes a warning of each finding, at the block of its integration. A
// target that is not well is no mistake of the configuration.
func (c *Config) Observe(findings []Finding) Diagnostics {
	d := newDecoder(c.sources, nil, table, &report{})
	d.root = d.parse(c.sources.files)
	d.out, d.modules = &report{}, c.Plugins.Modules // what parse had to say was said by Load
	for _, s := range c.secrets {
		d.resolved[s] = true
	}
	seen := map[string]Finding{}
	for _, f := range findings {
		seen[f.Integration] = f
	}
	for _, s := range d.root.all("integration") {
		if f, ok := seen[s.name]; ok {
			d.out.warn(NotHealthy, s.head, f.Detail, f.Fix)
		}
	}
	return d.diagnostics()
}

// Files are the files that the configuration was read from, as they were
// named: vega.hcl, then those in policies.
func (c *Config) Files() []string {
	var out []string
	for _, f := range c.sources.files {
		out = append(out, f.name)
	}
	return out
}

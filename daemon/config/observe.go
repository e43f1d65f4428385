package config

import (
	"vega/daemon/config/diag"
	"vega/daemon/config/redact"
	"vega/daemon/config/schema"
)

// Finding is a problem found by running an integration or querying a database.
// It names one of the two.
type Finding struct {
	Integration, Database string
	Detail                string // sentences
	Fix                   string
}

// Observe returns a warning for each finding, at the block of its integration or
// database. A finding is not a mistake in the configuration.
func (c *Config) Observe(findings []Finding) diag.Diagnostics {
	s := parse(c.in, c.in.Variables(nil, false), &diag.Collector{}) // Load already reported these diagnostics
	out := &diag.Collector{}
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
		for _, g := range s.groups {
			for n := range g.Targets {
				if f, ok := seen[g.Name(n)]; ok && of.block == "integration" {
					out.Warn(of.code, g.Targets[n].At, f.Detail, f.Fix)
				}
			}
		}
		for _, sec := range s.root.All(of.block) {
			if f, ok := seen[sec.Name]; ok && sec.Name != "" {
				out.Warn(of.code, sec.Head, f.Detail, f.Fix)
			}
		}
	}
	return shown(out, schema.Table, c.Plugins.Modules, redact.New(c.secrets))
}

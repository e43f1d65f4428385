package config

import (
	"vega/daemon/config/diag"
	"vega/daemon/config/redact"
	"vega/daemon/config/schema"
)

// Finding is a problem found by running an integration, querying a database or
// sending a test to a notifier. It names one of the three.
type Finding struct {
	Integration, Database, Notifier string
	Detail                          string // sentences
	Fix                             string
}

// Observe returns a warning for each finding, at the block of its integration,
// database or notifier. A finding is not a mistake in the configuration.
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
		{"notifier", diag.NotArrived, func(f Finding) string { return f.Notifier }},
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

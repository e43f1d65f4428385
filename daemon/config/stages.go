package config

import (
	"slices"

	"vega/daemon/config/bind"
	"vega/daemon/config/diag"
	"vega/daemon/config/eval"
	"vega/daemon/config/expand"
	"vega/daemon/config/input"
	"vega/daemon/config/redact"
	"vega/daemon/config/schema"
	"vega/daemon/config/syntax"
	"vega/plugins/manifest"
)

// stage holds what the stages of one load have read, bound and evaluated so
// far. Each later stage embeds it.
type stage struct {
	in      *input.Set
	out     *diag.Collector
	root    *bind.Section
	ev      *eval.Evaluator
	modules []manifest.Found // known once plugins are found

	groups    map[*bind.Section]*expand.Group // integrations with for_each
	misplaced []bind.Misplaced
	facts     *facts
}

// judge runs the stages on the files read: it parses them, binds them to the
// table, evaluates values, builds the Config and cross-checks it.
func judge(in *input.Set, o Options, out *diag.Collector) (*Config, diag.Diagnostics) {
	s, c := build(in, o, out)
	ds := s.diagnostics()
	if c == nil || out.Errors() > 0 || o.AnyEnv {
		return nil, ds
	}
	c.secrets, c.Warnings = s.ev.Secrets(), ds
	return c, ds
}

// build returns as much of a Config as can be built: nil without a file.
func build(in *input.Set, o Options, out *diag.Collector) (*stage, *Config) {
	if in.Files[0].Text == nil && out.Errors() > 0 {
		return parse(&input.Set{Path: in.Path, Files: in.Files[:1]}, in.Variables(o.Env, o.AnyEnv), out), nil
	}
	s := parse(in, in.Variables(o.Env, o.AnyEnv), out)
	c := &Config{Path: in.Path, in: in}
	b := builder{s}
	b.overrule()
	b.top(c)
	pluginStage{s}.find(c, o)
	bind.ReportMisplaced(s.misplaced, schema.Table, s.isOption, out)
	serverStage{s}.build(s.root.Block("server"), &c.Server)
	b.blocks(c)
	integrations := newIntegrationStage(s)
	c.Integrations, c.blocks = integrations.all(), blocksOf(s.root)
	c.ScrapeModules = integrations.scrapeModules()
	c.Telemetry = b.exports(c)
	c.Thresholds = thresholdStage{s}.all()
	b.alerting(c)
	crossChecks{s}.check(c)
	return s, c
}

// parse parses the files read and binds them to the table. All files form one
// namespace.
func parse(in *input.Set, vars *input.Variables, out *diag.Collector) *stage {
	s := &stage{in: in, out: out, facts: newFacts()}
	tree := expand.Read(in, schema.Table.BlockNames(), out)
	s.root, s.misplaced = bind.Bind(tree, in.Start(), schema.Table, out)
	s.groups = expand.Groups(s.root, in, out)
	s.ev = eval.New(s.root, s.groups, in, vars, schema.Table, out)
	return s
}

// isOption reports whether a probe has an option of that name, or, if there is no
// such probe, whether any has.
func (s *stage) isOption(probe, name string) bool {
	known, all := false, []manifest.Probe{}
	for _, f := range s.modules {
		if f.Module == nil {
			continue
		}
		for _, p := range f.Module.Manifest.Probes {
			if f.Module.Manifest.Name+"."+p.Name == probe {
				known, all = true, []manifest.Probe{p}
			}
			if !known {
				all = append(all, p)
			}
		}
	}
	return slices.ContainsFunc(all, func(p manifest.Probe) bool { return p.Option(name) != nil })
}

// diagnostics returns the reported diagnostics, without any value of env() or
// file().
func (s *stage) diagnostics() diag.Diagnostics {
	return shown(s.out, schema.Table, s.modules, s.ev.Redactor())
}

// shown returns the collected diagnostics with secrets removed.
func shown(out *diag.Collector, table *schema.Block, modules []manifest.Found, secrets *redact.Redactor) diag.Diagnostics {
	return out.Diagnostics(syntax.NewMasks(table.BlockNames(), schema.Public(table, modules)).Line, secrets.Redact)
}

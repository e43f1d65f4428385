package config

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"vega/daemon/config/annotation"
	"vega/daemon/config/bind"
	"vega/daemon/config/connection"
	"vega/daemon/config/diag"
	"vega/daemon/config/eval"
	"vega/daemon/config/heartbeats"
	"vega/daemon/config/schema"
	"vega/daemon/config/syntax"
	"vega/daemon/heartbeat"
	"vega/plugins/manifest"
)

// integrationStage builds the integrations.
type integrationStage struct {
	*stage
	checks  crossChecks
	schemas map[*manifest.Probe]*schema.Block // of config blocks
	claimed map[*manifest.Module]bool         // modules whose claims were checked

	defaults *defaults
}

func newIntegrationStage(s *stage) *integrationStage {
	d := &integrationStage{s, crossChecks{s}, map[*manifest.Probe]*schema.Block{}, map[*manifest.Module]bool{}, newDefaults(s)}
	s.ev.ProbeNamed = func(word string) string { return d.elsewhere("", word) }
	return d
}

// all builds the integrations, in order of name.
func (d *integrationStage) all() []Integration {
	sections := d.root.All("integration")
	all := make([]Integration, 0, len(sections))
	d.defaults.evaluate()
	for _, s := range sections {
		if g := d.groups[s]; g != nil {
			for n := range g.Targets {
				all = append(all, d.integration(g.Instance(n, d.out)))
			}
			d.out.Leave(s.Name, len(g.Targets))
		} else {
			all = append(all, d.integration(s))
		}
		if len(d.ev.Databases()) == 0 { // otherwise unusedDatabases looks for references in it
			s.Release()
		}
	}
	d.defaults.unused(len(all))
	slices.SortFunc(all, func(a, b Integration) int { return strings.Compare(a.Name, b.Name) })
	return all
}

func (d *integrationStage) integration(s *bind.Section) Integration {
	out := Integration{Name: s.Name, Position: s.Head.String()}
	out.Enabled, out.Disabled = d.enabled(s)
	if !out.Enabled {
		s.Disable()
	}
	d.ev.Evaluate(s)
	d.defaults.inherit(s)
	out.Annotations = annotation.Of(s, d.ev, d.out)
	out.Memory = eval.Get[manifest.Size](d.ev, s, "memory")
	out.DependsOn = d.checks.dependencies(s)
	out.Plugin, out.Probe, _ = strings.Cut(d.ev.Str(s, "probe"), ".")
	block := d.grantBlock(s)
	connects := connection.Stage{In: d.in, Out: d.out, Ev: d.ev}
	out.Transport = connects.Options(s)
	found, probe := d.bind(s, out.Plugin, out.Probe)
	d.timing(s, probe, &out)
	if probe == nil {
		return out
	}
	out.Bundled = found.File == ""
	b := binding{d, s, found, probe, out.Bundled, found.Module.Manifest.ABI == manifest.Nagios}
	config, complete := b.config()
	out.Values = b.values(config)
	eval.Together(d.ev, config, probe, out.Values)
	d.heartbeat(s, config, &out)
	eval.Latencies(d.ev, config, out.Timeout)
	if why := b.needs(out.Values, config); out.Enabled && why != "" {
		out.Enabled, out.Disabled = false, why
		d.checks.turnedOff(s.Name, config, probe.NeedsAny)
	}
	out.Grants = b.grants(out, config, block, out.Enabled && complete)
	b.queries(config)
	if out.Enabled && complete {
		connects.Judge(s, out.Transport, probe, out.Values, out.Grants)
	}
	d.checks.demands(s, out)
	d.checks.plainSecrets(config, s.Name)
	for _, name := range []string{"auth", "ssh"} {
		if s.Has(name) {
			d.checks.plainSecrets(s.Block(name), s.Name)
		}
	}
	if out.Enabled {
		b.unusedGrants(out, config, block)
		b.secretsAnywhere(out, config, block)
		d.checks.leftOut(s, true)
		d.checks.leftOut(s.Block("grant"), true)
		d.checks.leftOut(config, true, probe.NeedsAny...)
	}
	return out
}

// heartbeat reads the settings of a heartbeat, if the integration is one.
func (d *integrationStage) heartbeat(s, config *bind.Section, out *Integration) {
	if !out.Bundled || out.Plugin+"."+out.Probe != heartbeat.Probe {
		return
	}
	beats := heartbeats.Stage{Out: d.out, Integration: s, Config: config, Values: out.Values, Inherited: func(name string) bool { return d.defaults.gives(s, name) }}
	out.Heartbeat = beats.Settings(out.Interval)
	out.Interval = out.Heartbeat.Interval
}

// enabled reports whether an integration is enabled and, if not, why.
func (d *integrationStage) enabled(s *bind.Section) (bool, string) {
	v, st := d.ev.Value(s, "enabled")
	if on, ok := v.(bool); st != bind.Present || !ok || on {
		return true, ""
	}
	e := s.Slot("enabled").Expr
	if e.Kind == syntax.CallExpr {
		if e.Text != "env_set" {
			return false, fmt.Sprintf("%s(%q) is false", e.Text, e.Items[0].Text)
		}
		return false, fmt.Sprintf("it needs the variable %s", e.Items[0].Text)
	}
	return false, "enabled is false; set it to true"
}

func (d *integrationStage) timing(s *bind.Section, p *manifest.Probe, out *Integration) {
	out.Interval, out.Timeout = schema.DefaultInterval, schema.DefaultTimeout
	if p != nil && p.Interval > 0 {
		out.Interval = time.Duration(p.Interval)
	}
	if p != nil && p.Timeout > 0 {
		out.Timeout = time.Duration(p.Timeout)
	}
	if v, st := d.ev.Value(s, "interval"); st == bind.Present {
		out.Interval = v.(time.Duration)
		if out.Interval > 0 && out.Interval < time.Second {
			d.out.Err(diag.OutOfBounds, s.Slot("interval").Expr.At, "interval must be at least 1s.", `use "1s" or more, or "0s" to run only on request`)
		}
	}
	if v, st := d.ev.Value(s, "timeout"); st == bind.Present {
		out.Timeout = v.(time.Duration)
	}
}

// bind finds the probe that an integration names.
func (d *integrationStage) bind(s *bind.Section, plugin, probe string) (*manifest.Found, *manifest.Probe) {
	t := s.Slot("probe")
	if t == nil || t.State != bind.Present {
		return nil, nil
	}
	found := manifest.Plugin(d.modules, plugin)
	if found == nil {
		if !s.Off && !d.root.Block("plugins").Unsure("dir") {
			d.noPlugin(t.Expr.At, plugin, probe)
		}
		return nil, nil
	}
	p, _ := found.Module.Manifest.Probe(probe)
	if p == nil {
		d.noProbe(t.Expr.At, found.Module.Manifest, plugin, probe)
		return nil, nil
	}
	d.claims(t.Expr.At, found)
	d.pinned(s, found)
	return found, p
}

func (d *integrationStage) noPlugin(at diag.Place, name, probe string) {
	var names, there []string
	for _, f := range d.modules {
		file := filepath.Base(f.File)
		switch {
		case f.Err != nil && refusedName(f) == name:
			d.out.Err(diag.NoPlugin, at, fmt.Sprintf("The plugin %s was refused: %v.", f.File, f.Err), "replace the file with one that vega accepts")
			return
		case f.Module == nil:
			there = append(there, file+" (refused)")
		case f.File == "":
			names, there = append(names, f.Module.Manifest.Name), append(there, f.Module.Manifest.Name+" (bundled)")
		default:
			names, there = append(names, f.Module.Manifest.Name), append(there, f.Module.Manifest.Name+" ("+file+")")
		}
	}
	dir := d.ev.Str(d.root.Block("plugins"), "dir")
	if in, err := filepath.Rel(d.in.Dir(), dir); err == nil && filepath.IsLocal(in) {
		dir = in
	}
	fix := fmt.Sprintf("copy %s.wasm into %s", diag.Clip(name), dir)
	span := at.Source.Span(at.Start, at.Start+len(name))
	near := diag.Nearest(name, names)
	if other := d.elsewhere(name, ""); other != "" {
		span, near = at, other
	}
	if near != "" {
		fix = "use " + near
	}
	d.out.Err(diag.NoPlugin, at, fmt.Sprintf("The plugin %q does not exist; available: %s.", diag.Clip(name), diag.Among(there)), fix).
		Suggest(span, near)
}

// refusedName derives a refused plugin's name from its file name, without
// reading the file.
func refusedName(f manifest.Found) string { return strings.TrimSuffix(filepath.Base(f.File), ".wasm") }

// withoutProbe says what to do instead of a probe that other programs have.
var withoutProbe = map[string]string{
	"exec": ownProbe, "script": ownProbe, "command": ownProbe, "shell": ownProbe, "nagios": ownProbe, "nrpe": ownProbe,
}

const ownProbe = "vega runs no programs of the host; vega plugin new writes a probe of your own"

// alsoCalled holds the names that other programs have for a probe of core.
var alsoCalled = map[string]string{
	"ping": "icmp", "echo": "icmp", "ws": "websocket", "wss": "websocket", "steps": "flow", "multistep": "flow", "scenario": "flow",
	"container": "docker", "containers": "docker",
}

func (d *integrationStage) noProbe(at diag.Place, m *manifest.Manifest, plugin, name string) {
	var names []string
	for _, p := range m.Probes {
		names = append(names, p.Name)
	}
	fix, near := cmp.Or(withoutProbe[name], "use one of these"), diag.Nearest(name, names)
	means := name
	if other := alsoCalled[name]; other != "" {
		means, near = other, ""
	}
	if withoutProbe[name] != "" {
		near = ""
	} else if near != "" {
		near = m.Name + "." + near
	} else if near = d.elsewhere(plugin, means); near == "" && len(names) == 1 {
		near = m.Name + "." + names[0]
	}
	if near != "" {
		fix = "use " + near
	}
	d.out.Err(diag.NoProbe, at, fmt.Sprintf("The plugin %s has no probe %q; it has: %s.", m.Name, diag.Clip(name), diag.Among(names)), fix).Suggest(at, near)
}

// elsewhere returns a probe of another plugin that a wrong name most likely
// means: one of that name, or of a plugin of that name; else a similar one.
func (d *integrationStage) elsewhere(plugin, probe string) string {
	full := map[string]string{}
	var words []string
	add := func(word, name string) {
		if full[word] == "" {
			full[word], words = name, append(words, word)
		}
	}
	for _, f := range d.modules {
		if f.Module == nil {
			continue
		}
		for _, p := range f.Module.Manifest.Probes {
			add(p.Name, f.Module.Manifest.Name+"."+p.Name)
			if len(f.Module.Manifest.Probes) == 1 {
				add(f.Module.Manifest.Name, f.Module.Manifest.Name+"."+p.Name)
			}
		}
	}
	for _, word := range []string{probe, plugin} {
		if word != "" && full[word] != "" {
			return full[word]
		}
	}
	return full[diag.Nearest(probe, words)]
}

// claims reports what a module imports without declaring it, once for each
// module.
func (d *integrationStage) claims(at diag.Place, f *manifest.Found) {
	if d.claimed[f.Module] {
		return
	}
	d.claimed[f.Module] = true
	for _, k := range f.Module.Unclaimed() {
		d.out.Err(diag.Unclaimed, at, fmt.Sprintf("The plugin %s can use %s, but none of its probes declares it.", f.Module.Manifest.Name, k),
			"do not trust it until its author declares the capability in plugin.hcl and rebuilds it")
	}
}

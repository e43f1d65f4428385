package config

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"vega/daemon/config/diag"
	"vega/daemon/config/schema"
	"vega/daemon/config/syntax"
	"vega/plugins/grant"
	"vega/plugins/manifest"
	"vega/plugins/secret"
)

func durationOf(d *decoder, s *section, name string) time.Duration {
	return get[time.Duration](d, s, name)
}

func (d *decoder) integration(s *section) Integration {
	out := Integration{Name: s.name, Position: s.head.String()}
	out.Enabled, out.Disabled = d.enabled(s)
	d.lenient = !out.Enabled
	defer func() { d.lenient = false }()
	d.settle(s)
	out.Memory = get[manifest.Size](d, s, "memory")
	out.DependsOn = d.dependencies(s)
	out.Plugin, out.Probe, _ = strings.Cut(d.str(s, "probe"), ".")
	block := d.grantBlock(s)
	found, probe := d.bind(s, out.Plugin, out.Probe)
	d.timing(s, probe, &out)
	if probe == nil {
		return out
	}
	out.Bundled = found.File == ""
	b := binding{d, s, found, probe, out.Bundled, found.Module.Manifest.ABI == manifest.Nagios}
	config, complete := b.config()
	out.Values = b.values(config)
	if why := b.needs(out.Values, config); out.Enabled && why != "" {
		out.Enabled, out.Disabled = false, why
		d.turnedOff(s.name, config, probe.NeedsAny)
	}
	out.Grants = b.grants(out.Values, config, block, out.Enabled && complete)
	d.demands(s, out)
	d.plainSecrets(config, s.name)
	if out.Enabled {
		b.unusedGrants(out, config, block)
		b.secretsAnywhere(out, config, block)
		d.leftOut(s, true)
		d.leftOut(s.block("grant"), true)
		d.leftOut(config, true, probe.NeedsAny...)
	}
	return out
}

// enabled says whether an integration is checked and, if not, why.
func (d *decoder) enabled(s *section) (bool, string) {
	v, st := d.value(s, "enabled")
	if on, ok := v.(bool); st != present || !ok || on {
		return true, ""
	}
	e := s.slot("enabled").expr
	if e.Kind == syntax.CallExpr {
		return false, fmt.Sprintf("env_set(%q) is false: set that variable to turn it on", e.Items[0].Text)
	}
	return false, "enabled is false"
}

func (d *decoder) timing(s *section, p *manifest.Probe, out *Integration) {
	out.Interval, out.Timeout = schema.DefaultInterval, schema.DefaultTimeout
	if p != nil && p.Interval > 0 {
		out.Interval = time.Duration(p.Interval)
	}
	if p != nil && p.Timeout > 0 {
		out.Timeout = time.Duration(p.Timeout)
	}
	if v, st := d.value(s, "interval"); st == present {
		out.Interval = v.(time.Duration)
		if out.Interval > 0 && out.Interval < time.Second {
			d.out.Err(diag.OutOfBounds, s.slot("interval").expr.At, "interval must be at least 1s.", `write "1s" or more, or "0s" to check only when asked`)
		}
	}
	if v, st := d.value(s, "timeout"); st == present {
		out.Timeout = v.(time.Duration)
	}
}

// bind finds the probe that an integration names.
func (d *decoder) bind(s *section, plugin, probe string) (*manifest.Found, *manifest.Probe) {
	t := s.slot("probe")
	if t == nil || t.state != present {
		return nil, nil
	}
	found := manifest.Plugin(d.modules, plugin)
	if found == nil {
		if !d.lenient && !d.root.block("plugins").unsure("dir") {
			d.noPlugin(t.expr.At, plugin)
		}
		return nil, nil
	}
	p, _ := found.Module.Manifest.Probe(probe)
	if p == nil {
		d.noProbe(t.expr.At, found.Module.Manifest, probe)
		return nil, nil
	}
	d.claims(t.expr.At, found)
	d.pinned(s, found)
	return found, p
}

func (d *decoder) noPlugin(at diag.Place, name string) {
	var names, there []string
	for _, f := range d.modules {
		file := filepath.Base(f.File)
		switch {
		case f.Err != nil && refusedName(f) == name:
			d.out.Err(diag.NoPlugin, at, fmt.Sprintf("The plugin %s was refused: %v.", f.File, f.Err), "replace the file with one that vega takes")
			return
		case f.Module == nil:
			there = append(there, file+" (refused)")
		case f.File == "":
			names, there = append(names, f.Module.Manifest.Name), append(there, f.Module.Manifest.Name+" (bundled)")
		default:
			names, there = append(names, f.Module.Manifest.Name), append(there, f.Module.Manifest.Name+" ("+file+")")
		}
	}
	dir := d.str(d.root.block("plugins"), "dir")
	if in, err := filepath.Rel(d.dir, dir); err == nil && filepath.IsLocal(in) {
		dir = in
	}
	fix := fmt.Sprintf("copy %s.wasm into %s", diag.Clip(name), dir)
	near := diag.Nearest(name, names)
	if near != "" {
		fix = "write " + near
	}
	d.out.Err(diag.NoPlugin, at, fmt.Sprintf("There is no plugin %q; there are: %s.", diag.Clip(name), diag.Among(there)), fix).
		Suggest(at.Source.Span(at.Start, at.Start+len(name)), near)
}

// refusedName is the name that a refused file would have by its own name: what it
// holds is not looked into.
func refusedName(f manifest.Found) string { return strings.TrimSuffix(filepath.Base(f.File), ".wasm") }

func (d *decoder) noProbe(at diag.Place, m *manifest.Manifest, name string) {
	var names []string
	for _, p := range m.Probes {
		names = append(names, p.Name)
	}
	fix, near := "write one of those", diag.Nearest(name, names)
	if near != "" {
		near = m.Name + "." + near
		fix = "write " + near
	}
	d.out.Err(diag.NoProbe, at, fmt.Sprintf("The plugin %s has no probe %q; it has: %s.", m.Name, diag.Clip(name), diag.Among(names)), fix).Suggest(at, near)
}

// claims reports, once a module, what it imports and does not declare.
func (d *decoder) claims(at diag.Place, f *manifest.Found) {
	if d.claimed[f.Module] {
		return
	}
	d.claimed[f.Module] = true
	for _, k := range f.Module.Unclaimed() {
		d.out.Err(diag.Unclaimed, at, fmt.Sprintf("The plugin %s can use %s, and none of its probes declares that.", f.Module.Manifest.Name, k),
			"don't trust it before its author explains: declare the capability in plugin.hcl and build it again")
	}
}

// binding is an integration and the probe it is bound to.
type binding struct {
	*decoder
	s       *section
	found   *manifest.Found
	probe   *manifest.Probe
	bundled bool
	command bool // it was written for Nagios
}

// config lays the config block over the probe's options.
func (b binding) config() (out *section, complete bool) {
	sch := b.schemas[b.probe]
	if sch == nil {
		sch = schema.ForProbe(b.probe)
		for i := range sch.Rows {
			sch.Rows[i].Argument = b.command
		}
		b.schemas[b.probe] = sch
	}
	written := b.s.block("config")
	out = &section{schema: sch, owner: b.s.title(), head: written.head, broken: written.broken, unwritten: written.raw == nil}
	if written.raw != nil {
		b.lay(&written.raw.Body, sch, out)
	}
	b.inConfig = true
	complete = b.settle(out)
	b.inConfig = false
	return out, complete
}

func (b binding) values(config *section) manifest.Values {
	out := manifest.Values{}
	for _, r := range config.schema.Rows {
		if v, st := b.value(config, r.Name); st == present {
			out[r.Name] = v
		}
	}
	return out
}

// needs says which options are wanting of which the probe needs one.
func (b binding) needs(values manifest.Values, config *section) string {
	var hints []string
	for _, n := range b.probe.NeedsAny {
		if _, ok := values[n]; ok {
			return ""
		}
		hint := n
		if t := config.slot(n); t != nil && t.unsure() {
			return ""
		} else if t != nil {
			hint += " (" + b.whyAbsent(t.expr) + ")"
		}
		hints = append(hints, hint)
	}
	if len(hints) == 0 || config.broken {
		return ""
	}
	return "none of these options is set: " + strings.Join(hints, ", ")
}

// grants are all that the probe may use, and from where. judge says whether a
// missing one is a mistake: not in a disabled integration, nor where it is
// missing for want of an option that is reported already.
func (b binding) grants(values manifest.Values, config *section, block grantBlock, judge bool) grant.Set {
	written := map[string]bool{}
	for _, t := range config.slots {
		written[t.row.Name] = t.state == present
		b.ownDatabase(t.value, t.expr.At, t.row.Element())
	}
	declared := map[manifest.Kind]bool{}
	for _, k := range b.probe.Capabilities {
		declared[k.Kind] = true
	}
	for _, kind := range slices.Sorted(maps.Keys(block.at)) {
		if !declared[kind] {
			b.out.Err(diag.Undeclared, block.at[kind], fmt.Sprintf("The probe %s does not ask for %s.", b.probe.Name, kind), "remove it")
		}
	}
	for i, r := range block.set.Rules {
		if r.Kind == manifest.SQL {
			b.ownDatabase(manifest.Plain(r.Name), block.rules[i], manifest.Database)
		}
	}
	set, missing := grant.Effective(grant.Request{Probe: b.probe, Values: values, Written: written, Bundled: b.bundled, Secret: secret.In(b.probe, values), Block: block.set})
	if !judge || config.broken || b.s.broken || block.bad || anyUnsure(config) {
		return set
	}
	toWrite := "if you agree, write in the integration: grant { %s }"
	if len(missing) > 1 || b.s.has("grant") { // a block in one line holds one attribute, and there is one block
		toWrite = "if you agree, write in the integration's grant block: %s"
	}
	for _, m := range missing {
		b.out.Err(diag.NoGrant, b.s.head, fmt.Sprintf("The probe %s needs %s, and nothing grants it. Its reason: %s", b.probe.Name, m.Capability.Kind, diag.Clip(m.Capability.Reason)),
			fmt.Sprintf(toWrite, m.Fix))
	}
	b.withheld(set.Withheld, config, block)
	return set
}

// anyUnsure: a grant may be missing only for want of an option that is reported
// or is known elsewhere.
func anyUnsure(s *section) bool { return slices.ContainsFunc(s.slots, (*slot).unsure) }

// ownDatabase keeps vega's own store from a stranger's plugin.
func (b binding) ownDatabase(v manifest.Value, at diag.Place, t manifest.Type) {
	if text, ok := v.(manifest.Text); ok && t == manifest.Database && !b.bundled && text.Reveal() == "vega" {
		b.out.Err(diag.OwnDatabase, at, "database.vega holds what vega keeps of everything; only the plugin that ships with vega may read it.", "name a database of your own")
	}
}

package reference

import (
	"slices"
	"strings"
	"time"

	"vega/daemon/config/diag"
	"vega/daemon/config/schema"
	"vega/daemon/heartbeat"
	"vega/plugins/manifest"
	"vega/policies/check"
)

// pluginTopic documents a plugin by its manifest.
func pluginTopic(m *manifest.Manifest, bundled bool) Topic {
	title := m.Name + " " + diag.Clip(m.Version)
	if bundled {
		title += ", bundled with vega"
	}
	t := Topic{Name: m.Name, Title: title, Doc: m.Description}
	for i := range m.Probes {
		t.Parts = append(t.Parts, probeTopic(m.Name, &m.Probes[i]))
	}
	return t
}

func probeTopic(plugin string, p *manifest.Probe) Topic {
	name := plugin + "." + p.Name
	t := Topic{Name: name, Title: "probe = " + name, Doc: p.Summary, Brief: true}
	if name == heartbeat.Probe {
		t.Facts = append(t.Facts, Fact{Name: "interval", Text: "required, unless cron is set"})
	} else {
		t.Facts = append(t.Facts,
			Fact{Name: "interval", Text: own(p.Interval, schema.DefaultInterval)},
			Fact{Name: "timeout", Text: own(p.Timeout, schema.DefaultTimeout)})
	}
	if len(p.NeedsAny) > 0 {
		t.Facts = append(t.Facts, Fact{Name: "needs", Text: "one of " + strings.Join(p.NeedsAny, ", ") + "; otherwise the integration is disabled"})
	}
	if all := schema.ProbeMetrics(name); len(all) > 0 {
		t.Facts = append(t.Facts, Fact{Name: "metrics", Text: strings.Join(all, ", ")})
	}
	for _, c := range p.Capabilities {
		t.Facts = append(t.Facts, Fact{Name: "uses " + string(c.Kind), Text: capability(c)})
	}
	rows := schema.ForProbe(p).Rows
	for i := range rows {
		t.Parts = append(t.Parts, option(name, &rows[i]))
	}
	t.Example = probeExample(name, p, rows)
	return t
}

// own describes a probe's own timing, or vega's default.
func own(d manifest.Duration, vegas time.Duration) string {
	if d > 0 {
		return check.Span(time.Duration(d)) + " by default"
	}
	return check.Span(vegas) + " by default"
}

// capability describes what a probe may ask the host for, why, and for which
// targets.
func capability(c manifest.Capability) string {
	text := sentence(c.Reason)
	if len(c.From) > 0 {
		text += " Targets: the values of " + strings.Join(c.From, ", ") + "."
	}
	if len(c.Hosts) > 0 {
		text += " Fixed targets: " + strings.Join(c.Hosts, ", ") + "."
	}
	if len(c.Methods) > 0 {
		text += " Methods: " + strings.Join(c.Methods, ", ") + "."
	}
	if c.Optional {
		text += " The probe also works without it."
	}
	return text
}

func sentence(s string) string {
	if s = strings.TrimSpace(s); s == "" || strings.HasSuffix(s, ".") {
		return s
	}
	return s + "."
}

// option documents an option of a probe.
func option(probe string, r *schema.Row) Topic {
	i := schema.Table.Block("integration")
	t := documenter{path: []*schema.Block{i, i.Block("config")}}.attribute(r)
	t.Name = probe + "." + r.Name
	t.Example = optionExample(probe, r)
	if r.Object == nil {
		return t
	}
	t.Row = false
	for i := range r.Object.Rows {
		f := &r.Object.Rows[i]
		field := documenter{path: []*schema.Block{schema.Table.Block("integration"), schema.Table.Block("integration").Block("config"), r.Object}}.attribute(f)
		field.Name, field.Example = t.Name+"."+f.Name, ""
		t.Parts = append(t.Parts, field)
	}
	return t
}

// probeExample returns an integration of the probe with its required options.
func probeExample(probe string, p *manifest.Probe, rows []schema.Row) string {
	var given []*schema.Row
	for i := range rows {
		needed := len(p.NeedsAny) > 0 && rows[i].Name == p.NeedsAny[0]
		if rows[i].Required || needed {
			given = append(given, &rows[i])
		}
	}
	return optionExample(probe, given...)
}

func optionExample(probe string, given ...*schema.Row) string {
	i := schema.Table.Block("integration")
	d := documenter{path: []*schema.Block{i}}
	text := "probe = " + probe + "\n"
	if probe == heartbeat.Probe && !slices.ContainsFunc(given, func(r *schema.Row) bool { return r.Name == "cron" }) {
		text += "interval = \"24h\"\n"
	}
	if len(given) > 0 {
		text += "config {\n"
		for _, r := range given {
			text += switches(r) + r.Name + " = " + exampleValue(r) + "\n"
		}
		text += "}\n"
	}
	return d.wrapped(text)
}

// switches returns the options that have to be true or false for another one.
func switches(r *schema.Row) (text string) {
	for _, need := range r.Requires {
		if name, value, exact := strings.Cut(need, "="); exact && (value == "true" || value == "false") {
			text += name + " = " + value + "\n"
		}
	}
	return text
}

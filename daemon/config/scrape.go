package config

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"vega/daemon/config/bind"
	"vega/daemon/config/connection"
	"vega/daemon/config/diag"
	"vega/daemon/config/eval"
	"vega/daemon/config/schema"
	"vega/daemon/config/targets"
	"vega/plugins/grant"
	"vega/plugins/manifest"
	"vega/plugins/secret"
)

// ScrapeModule is a probe without its target, for GET /probe.
type ScrapeModule struct {
	// Integration is the probe with its settings. The option From is not set, and the
	// grants have no target. Call For for an integration that can run.
	Integration
	From    string   // the option that the target of a request goes into
	Targets []string // patterns, one of which the target must match

	probe    *manifest.Probe
	row      *schema.Row // of From
	patterns []targets.Pattern
	written  map[string]bool // options, without From
}

// The errors of For.
var (
	// ErrTarget means that the target is not valid for the probe.
	ErrTarget = errors.New("the target is not valid")
	// ErrNotAllowed means that no pattern of the module matches the target.
	ErrNotAllowed = errors.New("the target matches none of the targets of the module")
)

// For returns the integration that checks a target. The error wraps ErrTarget or
// ErrNotAllowed.
func (m *ScrapeModule) For(target string) (Integration, error) {
	t, err := targets.Parse(formOf(m.row), target)
	if err != nil {
		return Integration{}, fmt.Errorf("%w: %w", ErrTarget, err)
	}
	if !slices.ContainsFunc(m.patterns, func(p targets.Pattern) bool { return p.Match(t) }) {
		return Integration{}, ErrNotAllowed
	}
	return m.with(t)
}

func (m *ScrapeModule) with(t targets.Target) (Integration, error) {
	value := manifest.Plain(t.Text)
	if err := m.row.Constrain(value); err != nil {
		return Integration{}, fmt.Errorf("%w: %w", ErrTarget, err)
	}
	out := m.Integration
	out.Values = maps.Clone(m.Values)
	out.Values[m.From] = value
	out.Grants, _ = grant.Effective(m.request(out.Values))
	return out, nil
}

// request asks for the grants with a target in values.
func (m *ScrapeModule) request(values manifest.Values) grant.Request {
	written := maps.Clone(m.written)
	written[m.From] = true
	return grant.Request{Probe: m.probe, Values: values, Written: written, Bundled: m.Bundled, Secret: secret.In(m.probe, values)}
}

// formOf returns the form of the values of an option.
func formOf(r *schema.Row) targets.Form { return targets.Form{Type: r.Type, DNS: r.DNS} }

// scrapeModules builds the blocks, in order of name.
func (d *integrationStage) scrapeModules() (all []ScrapeModule) {
	for _, s := range d.root.All("scrape_module") {
		if m, ok := d.scrapeModule(s); ok {
			all = append(all, m)
		}
	}
	slices.SortFunc(all, func(a, b ScrapeModule) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// scrapeModule builds a module. It returns false if it has mistakes, which are
// reported.
func (d *integrationStage) scrapeModule(s *bind.Section) (m ScrapeModule, ok bool) {
	before := d.out.Errors()
	d.ev.Evaluate(s)
	m.Name, m.Position, m.Enabled = s.Name, s.Head.String(), true
	m.Memory = eval.Get[manifest.Size](d.ev, s, "memory")
	m.Plugin, m.Probe, _ = strings.Cut(d.ev.Str(s, "probe"), ".")
	connects := connection.Stage{In: d.in, Out: d.out, Ev: d.ev}
	m.Transport = connects.Options(s)
	found, probe := d.bind(s, m.Plugin, m.Probe)
	d.timing(s, probe, &m.Integration)
	m.Interval = 0
	if probe == nil {
		return m, false
	}
	m.Bundled, m.probe = found.File == "", probe
	b := moduleBinding{binding{d, s, found, probe, m.Bundled, found.Module.Manifest.ABI == manifest.Nagios}}
	if m.row = b.from(); m.row == nil {
		return m, false
	}
	m.From = m.row.Name
	config := b.options(m.From)
	m.Values, m.written = b.values(config), present(config)
	b.patterns(&m)
	return m, d.out.Errors() == before
}

// moduleBinding builds a module that is bound to a probe.
type moduleBinding struct{ binding }

// from returns the option that the target goes into, or nil if there is none, which it
// reports.
func (b moduleBinding) from() *schema.Row {
	sch := schema.ForProbe(b.probe)
	if t := b.s.Slot("from"); t != nil {
		name := b.ev.Str(b.s, "from")
		if r := sch.Row(name); r != nil {
			return r
		}
		if t.State == bind.Present {
			b.out.Err(diag.OutOfBounds, t.Expr.At, fmt.Sprintf("The probe %s has no option %q.", b.probe.Name, diag.Clip(name)), "use "+diag.Among(b.holders(nil)))
		}
		return nil
	}
	names := b.holders(b.set())
	if len(names) == 1 {
		return sch.Row(names[0])
	}
	b.out.Err(diag.Required, b.s.Head, fmt.Sprintf("%s needs from: which option the target is set in is not clear.", b.s.Title()), "set from to one of "+diag.Among(names))
	return nil
}

// set returns the options that are written in config.
func (b moduleBinding) set() map[string]bool {
	all := map[string]bool{}
	if raw := b.s.Block("config").Raw; raw != nil {
		for _, a := range raw.Body.Attrs {
			all[a.Name] = true
		}
	}
	return all
}

// holders returns the options that hold a target and are not set.
func (b moduleBinding) holders(set map[string]bool) (names []string) {
	for _, k := range b.probe.Capabilities {
		for _, name := range k.From {
			if !set[name] && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// options evaluates the config block. The option that the target goes into is not
// required there.
func (b moduleBinding) options(from string) *bind.Section {
	sch := schema.ForProbe(b.probe)
	sch.Row(from).Required = false
	b.schemas[b.probe] = sch
	defer delete(b.schemas, b.probe)
	config, _ := b.config()
	return config
}

// present returns the options that are written and have a value.
func present(config *bind.Section) map[string]bool {
	all := map[string]bool{}
	for _, t := range config.Slots {
		all[t.Row.Name] = t.State == bind.Present
	}
	return all
}

// patterns reads targets.
func (b moduleBinding) patterns(m *ScrapeModule) {
	t := b.s.Slot("targets")
	if t == nil || t.State != bind.Present {
		return
	}
	m.Targets = b.ev.Strs(b.s, "targets")
	for n, text := range m.Targets {
		p, err := targets.ParsePattern(formOf(m.row), text)
		if err != nil {
			b.out.Err(diag.BadAddress, t.Element(n), fmt.Sprintf("This is not a valid target for %s: %v.", m.From, err), "write it as in "+example(m.row))
			continue
		}
		if p.Many() && secret.In(b.probe, m.Values) {
			b.out.Err(diag.Unprotected, t.Element(n), "This module has a secret, which would be sent to each host that this pattern stands for.", "name each host, or use another module without the secret")
		}
		m.patterns = append(m.patterns, p)
	}
}

// example returns an entry of targets for an option.
func example(r *schema.Row) string {
	switch r.Type {
	case manifest.URL:
		return `"https://*.example.com"`
	case manifest.Address:
		return `"*.example.com:443" or "10.0.0.0/8:22"`
	default:
		return `"*.example.com"`
	}
}

package config

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"strconv"
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
	Targets []string // patterns; the target must match one

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
	t, err := targets.Parse(m.form(), target)
	if err != nil {
		return Integration{}, fmt.Errorf("%w: %w", ErrTarget, err)
	}
	if !slices.ContainsFunc(m.patterns, func(p targets.Pattern) bool { return p.Match(t) }) {
		return Integration{}, ErrNotAllowed
	}
	i, err := m.with(t)
	if err != nil {
		return Integration{}, fmt.Errorf("%w: %w", ErrTarget, err)
	}
	i.Grants.Ranged = !slices.ContainsFunc(m.patterns, func(p targets.Pattern) bool { return !p.Many() && p.Match(t) })
	return i, nil
}

// with sets the target. It fails if the option does not allow it.
func (m *ScrapeModule) with(t targets.Target) (Integration, error) {
	value := manifest.Plain(t.Text)
	if err := m.row.Constrain(value); err != nil {
		return Integration{}, err
	}
	out := m.Integration
	out.Values = maps.Clone(m.Values)
	out.Values[m.From] = value
	q := m.request(out.Values)
	out.Grants, _ = grant.Effective(q)
	if q.Bundled || !q.Secret { // a plugin that gets a secret stays with one target
		out.Grants.Pattern = m.redirectable
	}
	return out, nil
}

// redirectable reports whether a redirect may lead to a destination: to another target
// of the module.
func (m *ScrapeModule) redirectable(r grant.Rule) bool {
	methods := slices.ContainsFunc(m.probe.Capabilities, func(k manifest.Capability) bool {
		return k.Kind == manifest.HTTP && slices.Contains(k.From, m.From) && slices.Contains(grant.Methods(k), r.Method)
	})
	if r.Kind != manifest.HTTP || !methods {
		return false
	}
	t, err := targets.Parse(m.form(), r.Scheme+"://"+net.JoinHostPort(r.Host, strconv.Itoa(r.Port)))
	return err == nil && slices.ContainsFunc(m.patterns, func(p targets.Pattern) bool { return p.Match(t) })
}

// request asks for the grants with a target in values.
func (m *ScrapeModule) request(values manifest.Values) grant.Request {
	written := maps.Clone(m.written)
	written[m.From] = true
	return grant.Request{Probe: m.probe, Values: values, Written: written, Bundled: m.Bundled, Secret: secret.In(m.probe, values)}
}

// form returns the form of the targets.
func (m *ScrapeModule) form() targets.Form {
	return targets.Form{Type: m.row.Type, DNS: m.row.DNS, Ping: m.pings(), Schemes: m.row.URLSchemes()}
}

// pings reports whether the targets are hosts for echo requests.
func (m *ScrapeModule) pings() bool {
	return slices.ContainsFunc(m.probe.Capabilities, func(k manifest.Capability) bool {
		return k.Kind == manifest.ICMP && slices.Contains(k.From, m.From)
	})
}

// maxModules limits the modules, and maxTargets the patterns of each, which each request
// is compared with.
const (
	maxModules = 200
	maxTargets = 1000
)

// scrapeModules builds the blocks, in order of name.
func (d *integrationStage) scrapeModules() (all []ScrapeModule) {
	blocks := d.root.All("scrape_module")
	if len(blocks) > maxModules {
		d.out.Err(diag.TooMuch, blocks[maxModules].Head, fmt.Sprintf("There are more than %d blocks of the kind scrape_module.", maxModules), "remove some; one module can have many targets")
		return nil
	}
	for _, s := range blocks {
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
	b.judge(&m, config)
	b.patterns(&m)
	if ok = d.out.Errors() == before && !config.AnyUnsure() && !s.AnyUnsure() && !s.Broken && !config.Broken; ok {
		b.sample(&m, connects)
	}
	return m, ok && d.out.Errors() == before
}

// moduleBinding builds a module that is bound to a probe.
type moduleBinding struct{ binding }

// from returns the option that the target goes into, or nil if there isn't one, which it
// reports.
func (b moduleBinding) from() *schema.Row {
	sch, names := schema.ForProbe(b.probe), b.holders()
	if len(names) == 0 {
		b.out.Err(diag.NoEffect, b.s.Place("probe"), fmt.Sprintf("No option of the probe %s takes the target of a request.", b.probe.Name), "use a probe such as core.http, core.tcp, core.tls or core.dns")
		return nil
	}
	if t := b.s.Slot("from"); t != nil && t.State != bind.Absent {
		if t.State == bind.Present {
			return b.named(t, sch, names)
		}
		return nil
	}
	set := b.set()
	open := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return set[name].Source != nil })
	switch {
	case len(open) == 1:
		return sch.Row(open[0])
	case len(open) == 0:
		b.taken(names[0], set[names[0]])
	default:
		b.out.Err(diag.Required, b.s.Head, fmt.Sprintf("%s needs from: the probe %s has several options that the target may be set in.", b.s.Title(), b.probe.Name), "add "+strings.Join(assigned(open), " or "))
	}
	return nil
}

// assigned returns each name as the value of from.
func assigned(names []string) []string {
	out := make([]string, len(names))
	for n, name := range names {
		out[n] = fmt.Sprintf("from = %q", name)
	}
	return out
}

// named returns the option that from names.
func (b moduleBinding) named(t *bind.Slot, sch *schema.Block, names []string) *schema.Row {
	name := b.ev.Str(b.s, "from")
	at, set := b.set()[name]
	switch {
	case set:
		b.taken(name, at)
	case slices.Contains(names, name):
		return sch.Row(name)
	case sch.Row(name) == nil:
		fix, instead := "use "+diag.Among(names), ""
		if near := diag.Nearest(name, names); near != "" {
			instead = strconv.Quote(near)
			fix = "use " + instead
		}
		b.out.Err(diag.OutOfBounds, t.Expr.At, fmt.Sprintf("The probe %s has no option %q.", b.probe.Name, diag.Clip(name)), fix).Suggest(t.Expr.At, instead)
	default:
		b.out.Err(diag.OutOfBounds, t.Expr.At, fmt.Sprintf("The option %s of the probe %s takes no target of a request.", name, b.probe.Name), "use "+diag.Among(names))
	}
	return nil
}

func (b moduleBinding) taken(name string, at diag.Place) {
	b.out.Err(diag.Conflict, at, fmt.Sprintf("%s is set here, but the target of a request goes into it.", name), fmt.Sprintf("remove it, and add its value to targets; to check one target only, use an integration in place of %s", b.s.Title()))
}

// set returns where the options in config are written.
func (b moduleBinding) set() map[string]diag.Place {
	all := map[string]diag.Place{}
	if raw := b.s.Block("config").Raw; raw != nil {
		for _, a := range raw.Body.Attrs {
			all[a.Name] = a.At
		}
	}
	return all
}

// holders returns the options that can take the target of a request: a single URL,
// address, name or host that is not secret. The path of a socket is not one: it names a
// service of vega's machine.
func (b moduleBinding) holders() (names []string) {
	for _, k := range b.probe.Capabilities {
		if k.Kind == manifest.Unix {
			continue
		}
		for _, name := range k.From {
			o := b.probe.Option(name)
			if o == nil || o.Sensitive || slices.Contains(names, name) || !slices.Contains([]manifest.Type{manifest.URL, manifest.Address, manifest.String}, o.Type) {
				continue
			}
			names = append(names, name)
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

// judge reports options that do not go together, and secrets that are written out.
func (b moduleBinding) judge(m *ScrapeModule, config *bind.Section) {
	eval.Together(b.ev, config, b.probe, m.Values)
	eval.Latencies(b.ev, config, m.Timeout)
	b.queries(config)
	b.checks.plainSecrets(config, b.s.Name)
	b.checks.leftOut(config, false, b.probe.NeedsAny...)
	if slices.Contains(b.probe.NeedsAny, m.From) {
		return
	}
	if why := b.needs(m.Values, config); why != "" {
		b.out.Err(diag.Required, b.s.Head, fmt.Sprintf("%s can't run: %s.", b.s.Title(), why), "set one of them in config")
	}
}

// patterns reads targets.
func (b moduleBinding) patterns(m *ScrapeModule) {
	t := b.s.Slot("targets")
	if t == nil || t.State != bind.Present {
		return
	}
	m.Targets = b.ev.Strs(b.s, "targets")
	switch n := len(m.Targets); {
	case n == 0:
		b.out.Err(diag.OutOfBounds, t.Expr.At, "targets is empty, so every request is refused.", "name a target, such as "+m.example())
	case n > maxTargets:
		b.out.Err(diag.TooMuch, t.Element(maxTargets), fmt.Sprintf("A module has at most %d targets.", maxTargets), "use patterns, or several modules")
		return
	}
	hidden := secret.In(b.probe, m.Values)
	for n, text := range m.Targets {
		at := t.Element(n)
		p, err := targets.ParsePattern(m.form(), text)
		switch {
		case err != nil:
			b.out.Err(diag.BadAddress, at, fmt.Sprintf("This is not a valid target for %s: %v.", m.From, err), "write it as in "+m.example())
			continue
		case slices.Contains(m.Targets[:n], text):
			b.out.Err(diag.Twice, at, "This is already in the list.", "keep one of the two")
		case p.Many() && hidden:
			b.out.Err(diag.Unprotected, at, "This module has a secret, which would be sent to each host that this pattern stands for.", "name each host, or use another module without the secret")
		}
		m.patterns = append(m.patterns, p)
	}
}

// sample judges the module with a target.
func (b moduleBinding) sample(m *ScrapeModule, connects connection.Stage) {
	for _, p := range m.patterns {
		t, err := targets.Parse(m.form(), p.Sample())
		if err != nil {
			continue
		}
		i, err := m.with(t)
		if err != nil {
			b.out.Err(diag.BadAddress, b.s.Place("targets"), fmt.Sprintf("The option %s does not take such a target: %v.", m.From, err), "write targets that the option takes; vega docs config PLUGIN.PROBE describes it")
			return
		}
		_, missing := grant.Effective(m.request(i.Values))
		for _, lacks := range missing {
			b.out.Err(diag.NoGrant, b.s.Head, fmt.Sprintf("The probe %s needs %s, which is not granted, and a module grants its target alone. Its reason: %s", b.probe.Name, lacks.Capability.Kind, diag.Clip(lacks.Capability.Reason)),
				"use an integration, whose grant block can grant it")
		}
		connects.Judge(b.s, m.Transport, b.probe, i.Values, i.Grants)
		return
	}
}

// example returns an entry of targets for an option.
func (m *ScrapeModule) example() string {
	switch r := m.row; {
	case r.Type == manifest.URL:
		return strconv.Quote(slices.Max(r.URLSchemes()) + "://*.example.com")
	case r.Type == manifest.Address:
		return `"*.example.com:443" or "10.0.0.0/8:22"`
	case m.pings():
		return `"*.example.com" or "10.0.0.0/8"`
	default:
		return `"*.example.com"`
	}
}

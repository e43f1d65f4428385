package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"vega/daemon/config/bind"
	"vega/daemon/config/diag"
	"vega/daemon/config/schema"
	"vega/plugins/grant"
	"vega/plugins/manifest"
	"vega/plugins/secret"
)

// binding builds an integration that is bound to a probe.
type binding struct {
	*integrationStage
	s       *bind.Section
	found   *manifest.Found
	probe   *manifest.Probe
	bundled bool
	command bool // the plugin was written for Nagios
}

// config binds the config block to the probe's options and evaluates it.
func (b binding) config() (out *bind.Section, complete bool) {
	sch := b.schemas[b.probe]
	if sch == nil {
		sch = schema.ForProbe(b.probe)
		for i := range sch.Rows {
			sch.Rows[i].Argument = b.command
		}
		b.schemas[b.probe] = sch
	}
	written := b.s.Block("config")
	out = &bind.Section{Schema: sch, Owner: b.s.Title(), Head: written.Head, Broken: written.Broken, Unwritten: written.Raw == nil, Off: b.s.Off, Strays: b.s.Strays}
	if written.Raw != nil {
		bind.Options(&written.Raw.Body, sch, schema.Table, out, b.out)
	}
	return out, b.ev.Evaluate(out)
}

func (b binding) values(config *bind.Section) manifest.Values {
	out := manifest.Values{}
	for _, r := range config.Schema.Rows {
		if v, st := b.ev.Value(config, r.Name); st == bind.Present {
			out[r.Name] = v
		}
	}
	return out
}

// needs returns which options are missing if the probe needs at least one of
// them and none is set; otherwise it returns "".
func (b binding) needs(values manifest.Values, config *bind.Section) string {
	var hints []string
	for _, n := range b.probe.NeedsAny {
		if _, ok := values[n]; ok {
			return ""
		}
		hint := n
		if t := config.Slot(n); t != nil && t.Unsure() {
			return ""
		} else if t != nil {
			hint += " (" + b.ev.WhyAbsent(t.Expr) + ")"
		}
		hints = append(hints, hint)
	}
	if len(hints) == 0 || config.Broken {
		return ""
	}
	return "none of these options is set: " + strings.Join(hints, ", ")
}

// grants returns everything that the probe may use, and where each grant comes
// from. It reports missing grants only if judge is set, which it is not for a
// disabled integration, or if a mistake in the option that grants the target
// was reported.
func (b binding) grants(i Integration, config *bind.Section, block grantBlock, judge bool) grant.Set {
	written := map[string]bool{}
	for _, t := range config.Slots {
		written[t.Row.Name] = t.State == bind.Present
	}
	for _, in := range config.Within() {
		for _, t := range in.Slots {
			b.ownDatabase(t.Value, t.Expr.At, t.Row.Element())
		}
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
	set, missing := grant.Effective(grant.Request{
		Probe: b.probe, Values: i.Values, Written: written, Bundled: b.bundled, Block: block.set,
		// The target may echo the credentials to the plugin.
		Secret: secret.In(b.probe, i.Values) || i.authenticates(),
	})
	if !judge || config.Broken || b.s.Broken || block.bad || config.AnyUnsure() || !b.dnsNames(config) {
		return set
	}
	toWrite := "if you agree, add to the integration: grant { %s }"
	if len(missing) > 1 || b.s.Has("grant") { // a block on one line has one attribute, and there is only one block
		toWrite = "if you agree, add to the integration's grant block: %s"
	}
	for _, m := range missing {
		b.out.Err(diag.NoGrant, b.s.Head, fmt.Sprintf("The probe %s needs %s, which is not granted. Its reason: %s", b.probe.Name, m.Capability.Kind, diag.Clip(m.Capability.Reason)),
			fmt.Sprintf(toWrite, m.Fix))
	}
	b.withheld(set.Withheld, config, block)
	return set
}

// dnsNames reports text that a probe would look up, but that is no name. It
// returns false if there is any.
func (b binding) dnsNames(config *bind.Section) (good bool) {
	good = true
	for _, in := range config.Within() {
		good = b.names(in) && good
	}
	return good
}

func (b binding) names(config *bind.Section) (good bool) {
	good = true
	for _, t := range config.Slots {
		text, ok := t.Value.(manifest.Text)
		if !t.Row.DNS || t.Row.Type != manifest.String || !ok || text.HasSecret() {
			continue
		}
		if _, err := grant.Parse(manifest.DNS, text.Reveal()); err != nil {
			good = false
			b.out.Err(diag.BadAddress, t.Expr.At, t.Row.Name+" is not a DNS name.", `use the name alone, without scheme, port and path, such as "example.com"; its parts have 1 to 63 characters`)
		}
	}
	return good
}

// ownDatabase reports a third-party plugin that is configured to read vega's
// own store.
func (b binding) ownDatabase(v manifest.Value, at diag.Place, t manifest.Type) {
	if text, ok := v.(manifest.Text); ok && t == manifest.Database && !b.bundled && text.Reveal() == "vega" {
		b.out.Err(diag.OwnDatabase, at, "database.vega holds all of vega's data; only bundled plugins may read it.", "use another database")
	}
}

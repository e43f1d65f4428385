package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"vega/daemon/config/diag"
	"vega/plugins/manifest"
)

// leftOut is an attribute without a value, for want of a variable.
type leftOut struct {
	name  string
	at    diag.Place
	owned bool   // by an integration, which could be turned off
	off   string // the integration that is off for want of it; "" if none
}

// leftOut notes what a section leaves out for want of a variable, but for what
// may be left out and what is reported already: a list or map by itself
// (PartlySet), and what is required.
func (d *decoder) leftOut(s *section, owned bool, may ...string) {
	for _, t := range s.slots {
		r := t.row
		if t.state != absent || r.Required || r.Type == manifest.List || r.Type == manifest.Map || slices.Contains(may, r.Name) {
			continue
		}
		if name := firstUnset(d, t.expr); name != "" {
			d.whole.unset[name] = append(d.whole.unset[name], leftOut{name: r.Name, at: t.at, owned: owned})
		}
	}
}

// turnedOff notes that an integration which nobody turned off is off, for want
// of the variables that any of some options would have had its value from.
func (d *decoder) turnedOff(name string, config *section, needed []string) {
	for _, n := range needed {
		t := config.slot(n)
		if t == nil || t.state != absent {
			continue
		}
		if unset := firstUnset(d, t.expr); unset != "" {
			d.whole.unset[unset] = append(d.whole.unset[unset], leftOut{n, t.at, true, name})
		}
	}
}

// leftOutOfRoot notes what vega's own blocks leave out. The API key may be:
// without any, vega makes one, or says that there has to be one.
func (d *decoder) leftOutOfRoot(c *Config) {
	d.leftOut(d.root, false)
	for _, s := range d.root.blocks {
		switch {
		case s.schema.Name == "integration":
		case s.schema.Name == "server" && len(c.Server.Keys) == 0:
			d.leftOut(s, false, "api_key")
		default:
			d.leftOut(s, false)
		}
	}
}

// variables warns of each variable that is not set and is missed, once.
func (d *decoder) variables() {
	for _, name := range slices.Sorted(maps.Keys(d.whole.unset)) {
		if d.whole.told[name] {
			continue
		}
		places := d.whole.unset[name]
		slices.SortStableFunc(places, func(a, b leftOut) int { return a.at.Compare(b.at) })
		what := places[0].name + " is left out"
		if len(places) > 1 {
			what = "these are left out: " + listed(places)
		}
		if off := places[0].off; off != "" {
			what += fmt.Sprintf(", and integration %q is off", diag.Clip(off))
		}
		fix := fmt.Sprintf("set %s where vega starts, or remove what reads it", diag.Clip(name))
		if places[0].owned {
			fix += fmt.Sprintf(", or turn the integration off without it: enabled = env_set(%q)", diag.Clip(name))
		}
		d.out.Warn(diag.NotSet, places[0].at, fmt.Sprintf("The variable %s is not set, or empty, so that %s.", diag.Clip(name), what), fix)
	}
}

// listed names the first few, each with its place.
func listed(all []leftOut) string {
	var out []string
	for _, l := range all[:min(5, len(all))] {
		out = append(out, fmt.Sprintf("%s (%s)", l.name, l.at))
	}
	if rest := len(all) - len(out); rest > 0 {
		out = append(out, fmt.Sprintf("%d more", rest))
	}
	return strings.Join(out, ", ")
}

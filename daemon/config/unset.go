package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"vega/daemon/config/alerts"
	"vega/daemon/config/bind"
	"vega/daemon/config/diag"
	"vega/plugins/manifest"
)

// leftOut is an attribute that has no value because a variable is not set.
type leftOut struct {
	name  string
	at    diag.Place
	owned bool   // belongs to an integration, which could be disabled
	off   string // the integration that is disabled without the variable; "" if none
}

// leftOut records the attributes that a section leaves out because a variable
// is not set. It skips those that may be left out, and those reported
// elsewhere: lists and maps (PartlySet), and required attributes.
func (d crossChecks) leftOut(s *bind.Section, owned bool, may ...string) {
	for _, t := range s.Slots {
		for _, in := range t.Objects {
			d.leftOut(in, owned)
		}
		r := t.Row
		if t.State != bind.Absent || r.Required || r.Type == manifest.List || r.Type == manifest.Map || slices.Contains(may, r.Name) {
			continue
		}
		if name := d.ev.FirstUnset(t.Expr); name != "" {
			d.facts.unset[name] = append(d.facts.unset[name], leftOut{name: r.Name, at: t.At, owned: owned})
		}
	}
}

// turnedOff records an integration that is disabled only because the variables
// of needed options are not set.
func (d crossChecks) turnedOff(name string, config *bind.Section, needed []string) {
	for _, n := range needed {
		t := config.Slot(n)
		if t == nil || t.State != bind.Absent {
			continue
		}
		if unset := d.ev.FirstUnset(t.Expr); unset != "" {
			d.facts.unset[unset] = append(d.facts.unset[unset], leftOut{n, t.At, true, name})
		}
	}
}

// leftOutOfRoot records the attributes that vega's own blocks leave out. The
// API key may be left out, because vega generates one or reports that one is
// required.
func (d crossChecks) leftOutOfRoot(c *Config) {
	d.leftOut(d.root, false)
	for _, s := range d.root.Blocks {
		switch {
		case s.Schema.Name == "integration":
		case s.Schema.Name == "telemetry":
			for _, in := range s.Blocks {
				d.leftOut(in, false)
			}
		case s.Schema.Name == "notifier":
			d.leftOut(s, false, alerts.Required(d.ev.Str(s, "type"))...)
		case s.Schema.Name == "server" && len(c.Server.Keys) == 0:
			d.leftOut(s, false, "api_key")
		default:
			d.leftOut(s, false)
		}
	}
}

// variables warns once about each missing variable.
func (d crossChecks) variables() {
	for _, name := range slices.Sorted(maps.Keys(d.facts.unset)) {
		if d.ev.Notes.Missed[name] {
			continue
		}
		places := d.facts.unset[name]
		slices.SortStableFunc(places, func(a, b leftOut) int { return a.at.Compare(b.at) })
		places = slices.CompactFunc(places, func(a, b leftOut) bool { return a.at == b.at && a.name == b.name }) // of instances
		what := places[0].name + " is left out"
		if len(places) > 1 {
			what = "these are left out: " + listed(places)
		}
		if off := places[0].off; off != "" {
			what += fmt.Sprintf(", and integration %q is disabled", diag.Clip(off))
		}
		fix := fmt.Sprintf("set %s in vega.env or in vega's environment, or remove the line that reads it", diag.Clip(name))
		if places[0].owned {
			fix += fmt.Sprintf(", or disable the integration without it: enabled = env_set(%q)", diag.Clip(name))
		}
		d.out.Warn(diag.NotSet, places[0].at, fmt.Sprintf("The variable %s is not set or is empty, so %s.", diag.Clip(name), what), fix)
	}
}

// overridden warns of variables that vega.env sets in vain. A secret that is
// rotated there would not be.
func (d crossChecks) overridden() {
	for _, o := range d.ev.Variables().Overridden() {
		d.out.Warn(diag.Overridden, o.At, fmt.Sprintf("The environment of this process has another value of %s, which counts.", diag.Clip(o.Name)),
			"remove it here or there; variables that only vega.env has can be changed without a restart")
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

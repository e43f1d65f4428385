package config

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"vega/daemon/config/alerts"
	"vega/daemon/config/bind"
	"vega/daemon/config/diag"
	"vega/daemon/config/eval"
	"vega/daemon/config/input"
	"vega/daemon/config/schema"
	"vega/policies"
	"vega/policies/alert"
)

// thresholdStage builds the thresholds.
type thresholdStage struct{ *stage }

// all returns the configured thresholds and the built-in ones that they do not
// replace, in order of name.
func (d thresholdStage) all() []policies.Threshold {
	var own []policies.Threshold
	seen := map[string]diag.Place{}
	for _, s := range d.root.All("threshold") {
		t, ok := d.threshold(s)
		if !ok {
			continue
		}
		at := s.Slot("metric").Expr.At
		judged := fmt.Sprint(t.Resource, t.Below)
		if first, again := seen[judged]; again {
			d.out.Err(diag.Twice, at, fmt.Sprintf("The threshold at %s already applies to %s.", first, t.Resource), "merge the two; one threshold can set both warning and error")
			continue
		}
		seen[judged] = at
		own = append(own, t)
		d.missed(s, t)
	}
	all := slices.Concat(own, slices.DeleteFunc(defaultThresholds(), func(t policies.Threshold) bool { return replaced(t, own) }))
	slices.SortFunc(all, func(a, b policies.Threshold) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// replaced reports whether one of own replaces the built-in threshold t.
func replaced(t policies.Threshold, own []policies.Threshold) bool {
	return slices.ContainsFunc(own, func(o policies.Threshold) bool { return o.Name == t.Name || o.Resource == t.Resource })
}

// missed warns of a threshold that replaces a built-in one by its name alone,
// which leaves the metric of the built-in one without a threshold.
func (d thresholdStage) missed(s *bind.Section, t policies.Threshold) {
	all := defaultThresholds()
	n := slices.IndexFunc(all, func(b policies.Threshold) bool { return b.Name == t.Name && b.Resource != t.Resource })
	if n < 0 || d.judges(all[n].Resource) {
		return
	}
	d.out.Warn(diag.TakesPlace, s.Head, fmt.Sprintf("This threshold replaces the built-in threshold %q for %s but applies to another metric, so %s has no threshold.", t.Name, all[n].Resource, all[n].Resource),
		fmt.Sprintf("rename this threshold; to stop monitoring %s, add a threshold for it with enabled = false", all[n].Resource))
}

// judges reports whether a configured threshold names the metric.
func (d thresholdStage) judges(resource string) bool {
	return slices.ContainsFunc(d.root.All("threshold"), func(s *bind.Section) bool { return d.ev.Str(s, "metric") == resource })
}

// threshold builds one threshold. It reports false if the block has errors.
func (d thresholdStage) threshold(s *bind.Section) (policies.Threshold, bool) {
	complete := d.ev.Evaluate(s)
	t := policies.Threshold{Name: s.Name, At: s.Head.String(), Resource: d.ev.Str(s, "metric"), Off: !eval.Get[bool](d.ev, s, "enabled")}
	figure, ok := schema.FindFigure(t.Resource)
	if !complete || !ok {
		return t, false
	}
	t.Unit, t.Below = eval.UnitOf(d.ev, s, t.Resource, figure.Unit, "warning", "error", "clear"), figure.Left
	if when := d.ev.Str(s, "when"); when != "" {
		t.Below = when == "below"
	}
	b := boundary{d, s, t.Unit}
	before := d.out.Errors()
	t.Warning, t.Error, t.Clear = b.bound("warning"), b.bound("error"), b.bound("clear")
	unsure := slices.ContainsFunc(s.Slots, (*bind.Slot).Unsure)
	if d.out.Errors() == before && !unsure && !t.Off {
		b.judge(t)
	}
	return t, d.out.Errors() == before && !unsure
}

// defaultThresholds returns the built-in thresholds, which are parsed like
// configured ones.
func defaultThresholds() []policies.Threshold { return slices.Clone(readDefaults()) }

var readDefaults = sync.OnceValue(func() []policies.Threshold {
	s := parseBuiltIn(policies.DefaultsName, policies.Defaults)
	var all []policies.Threshold
	for _, sec := range s.root.All("threshold") {
		t, _ := thresholdStage{s}.threshold(sec)
		t.BuiltIn, t.At = true, t.At+builtInPlace
		all = append(all, t)
	}
	s.faultless()
	return all
})

// defaultAlerts returns the built-in alerts, which are parsed like configured ones.
func defaultAlerts() []alert.Alert { return slices.Clone(readDefaultAlerts()) }

var readDefaultAlerts = sync.OnceValue(func() []alert.Alert {
	s := parseBuiltIn(policies.DefaultAlertsName, policies.DefaultAlerts)
	all := alerts.Stage{Root: s.root, Ev: s.ev, Out: s.out}.BuiltIn()
	for n := range all {
		all[n].At += builtInPlace
	}
	s.faultless()
	return all
})

// builtInPlace follows the place of what is built in.
const builtInPlace = " (built in)"

// parseBuiltIn parses a file that ships with vega.
func parseBuiltIn(name, text string) *stage {
	in := input.Text(name, text)
	noVariables := func(string) (string, bool) { return "", false }
	return parse(in, in.Variables(noVariables, false), &diag.Collector{})
}

// faultless panics if a file that ships with vega has a mistake. A test prevents this.
func (s *stage) faultless() {
	if ds := s.diagnostics(); len(ds) > 0 {
		panic(ds[0].Range.Filename + ": " + ds[0].Detail)
	}
}

package eval

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"vega/daemon/config/bind"
	"vega/daemon/config/diag"
	"vega/daemon/config/schema"
	"vega/daemon/config/syntax"
	"vega/plugins/manifest"
	"vega/policies"
)

// measured evaluates a reference to what a metric block measures.
func (c configuration) measured(e *syntax.Expr, name string) (manifest.Value, bind.State) {
	if c.ev.measures[name] {
		return manifest.Plain(e.Text), bind.Present
	}
	names := slices.Sorted(maps.Keys(c.ev.measures))
	fix := fmt.Sprintf("add a block: metric %q { … }", diag.Clip(name))
	if len(names) > 0 {
		fix = fmt.Sprintf("use an existing one (%s), or %s", diag.Among(names), fix)
	}
	near := diag.Nearest(name, slices.DeleteFunc(names, notReferable))
	if near != "" {
		near = policies.MetricPrefix + near
		fix = "use " + near
	}
	c.ev.out.Err(diag.Dangling, e.At, fmt.Sprintf("%s does not exist.", diag.Clip(e.Text)), fix).Suggest(e.At, near)
	return nil, bind.Bad
}

// maxCompared limits the keys that one that does not exist is compared with.
const maxCompared = 1000

// reported evaluates a reference to a metric that a probe reports. Manifests do not say
// which metrics there are, so each name is accepted. Those of core are known.
func (c configuration) reported(e *syntax.Expr) (manifest.Value, bind.State) {
	name, metric, ok := policies.IntegrationFigure(e.Text, c.known)
	if g := c.ev.Groups[name]; g != nil {
		if len(e.Items) > 0 { // the key of an instance that does not exist
			key := e.Items[0].Text
			return c.noInstance(e, g, key, strings.TrimPrefix(e.Text, policies.IntegrationPrefix+name+"."+key))
		}
		if key, rest, dotted := strings.Cut(metric, "."); dotted && len(g.Targets) < maxCompared && diag.Nearest(key, keysOf(g)) != "" {
			return c.noInstance(e, g, key, "."+rest)
		}
	}
	if ok {
		c.unreported(e, name, metric)
		return manifest.Plain(e.Text), bind.Present
	}
	rest := strings.TrimPrefix(e.Text, policies.IntegrationPrefix)
	if c.known(rest) {
		c.ev.out.Err(diag.Dangling, e.At, fmt.Sprintf("%s is an integration, not a metric.", diag.Clip(e.Text)),
			fmt.Sprintf("add the name of a metric that its probe reports: %s.%s", diag.Clip(e.Text), c.example(rest)))
		return nil, bind.Bad
	}
	name, _, _ = strings.Cut(rest, ".")
	fix, instead := "use integration.NAME.METRIC, with the name of an existing integration", ""
	if near := c.nearIntegration(name); near != "" && len(e.Items) == 0 {
		instead = strings.Replace(e.Text, "."+name, "."+near, 1)
		fix = "use " + instead
	}
	c.ev.out.Err(diag.Dangling, e.At, fmt.Sprintf("integration.%s does not exist.", diag.Clip(name)), fix).Suggest(e.At, instead)
	return nil, bind.Bad
}

// unreported warns of a metric that the probe of an integration never reports.
func (c configuration) unreported(e *syntax.Expr, name, metric string) {
	group, _, _ := strings.Cut(name, ".")
	probe := c.ev.probes[group]
	all := schema.ProbeMetrics(probe)
	if len(all) == 0 || slices.Contains(all, metric) {
		return
	}
	fix, instead := "use one of these", ""
	if near := diag.Nearest(metric, all); near != "" {
		fix = "use " + near
		if len(e.Items) == 0 {
			instead = strings.TrimSuffix(e.Text, metric) + near
		}
	}
	c.ev.out.Warn(diag.Dangling, e.At, fmt.Sprintf("The probe %s never reports the metric %s; it reports: %s.", probe, diag.Clip(metric), diag.Among(all)), fix).Suggest(e.At, instead)
}

// example returns a metric of an integration for a message.
func (c configuration) example(name string) string {
	group, _, _ := strings.Cut(name, ".")
	if all := schema.ProbeMetrics(c.ev.probes[group]); len(all) > 0 {
		return all[len(all)-1]
	}
	return "METRIC"
}

// known reports whether there is an integration or an instance of that name.
func (c configuration) known(name string) bool { return c.ev.peers[name] != nil || c.isInstance(name) }

func (c configuration) isInstance(name string) bool {
	group, key, ok := strings.Cut(name, ".")
	return ok && c.ev.Groups[group] != nil && c.ev.Groups[group].Has(key)
}

// UnitOf returns the unit of a metric: the one that is given, or for a metric that the
// configuration defines, which has none, that of the first of the attributes with one.
func UnitOf(ev *Evaluator, s *bind.Section, metric string, given policies.Unit, names ...string) policies.Unit {
	if !schema.IsReported(metric) {
		return given
	}
	for _, name := range names {
		v, _ := ev.Value(s, name)
		text, ok := v.(manifest.Text)
		if _, number := Number(text.Reveal()); !ok || number {
			continue
		}
		if _, err := manifest.ParseSize(text.Reveal()); err == nil {
			return policies.Bytes
		}
		if _, err := time.ParseDuration(text.Reveal()); err == nil {
			return policies.Milliseconds
		}
	}
	return given
}

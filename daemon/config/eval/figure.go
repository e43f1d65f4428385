package eval

import (
	"fmt"
	"slices"
	"strings"

	"vega/daemon/config/bind"
	"vega/daemon/config/diag"
	"vega/daemon/config/schema"
	"vega/daemon/config/syntax"
	"vega/plugins/manifest"
	"vega/policies"
)

// figure evaluates a reference to a metric.
func (c configuration) figure(e *syntax.Expr, w want) (manifest.Value, bind.State) {
	if e.Kind != syntax.RefExpr {
		return c.ev.mismatch(e, w, schema.Figure)
	}
	root, rest, _ := strings.Cut(e.Text, ".")
	switch root + "." {
	case policies.MetricPrefix:
		return c.measured(e, rest)
	case policies.IntegrationPrefix:
		return c.reported(e)
	}
	if name, _, ok := strings.Cut(rest, "."); root == "database" && ok {
		if c.ev.bases[name] == nil && name != "vega" {
			return c.noBase(e, name)
		}
		c.ev.Notes.Databases[name] = true
	}
	if _, ok := schema.FindFigure(e.Text); ok {
		return manifest.Plain(e.Text), bind.Present
	}
	c.noFigure(e)
	return nil, bind.Bad
}

// noBase reports a metric of a database that does not exist.
func (c configuration) noBase(e *syntax.Expr, name string) (manifest.Value, bind.State) {
	names := []string{"vega"}
	for n := range c.ev.bases {
		names = append(names, n)
	}
	fix := fmt.Sprintf("use an existing one (%s), or databases for all of them", diag.Among(names))
	instead := ""
	if near := diag.Nearest(name, slices.DeleteFunc(names, notReferable)); near != "" {
		instead = strings.Replace(e.Text, "."+name+".", "."+near+".", 1)
		fix = "use " + instead
	}
	c.ev.Notes.Misspelt = true
	c.ev.out.Err(diag.Dangling, e.At, fmt.Sprintf("database.%s does not exist.", diag.Clip(name)), fix).Suggest(e.At, instead)
	return nil, bind.Bad
}

func (c configuration) noFigure(e *syntax.Expr) {
	all := c.figures()
	within := strings.TrimPrefix(e.Text, "system.")
	var parts []string
	for _, path := range all {
		if rest, ok := strings.CutPrefix(path, e.Text+"."); ok {
			parts = append(parts, rest)
		}
	}
	fix := "use a metric such as system.memory.percent; to list all metrics, run: vega docs config figures"
	near := diag.Nearest(e.Text, all)
	switch {
	case c.ev.measures[strings.TrimPrefix(e.Text, "vega_metric_")]:
		near = policies.MetricPrefix + strings.TrimPrefix(e.Text, "vega_metric_")
		fix = "use " + near
	case near != "":
		fix = "use " + near
	case slices.Contains(all, "system."+within):
		near = "system." + within
		fix = "use " + near
	case len(parts) > 0:
		fix = fmt.Sprintf("use one of the metrics under %s: %s", e.Text, diag.Among(parts))
	}
	c.ev.out.Err(diag.Dangling, e.At, fmt.Sprintf("The metric %s does not exist.", diag.Clip(e.Text)), fix).Suggest(e.At, near)
}

// figures returns the paths of all metrics.
func (c configuration) figures() []string {
	var all []string
	for _, f := range policies.Figures() {
		all = append(all, f.Path)
	}
	owners := []string{"databases", "database.vega"}
	for name := range c.ev.bases {
		owners = append(owners, "database."+name)
	}
	for _, owner := range owners {
		for _, f := range policies.DatabaseFigures() {
			all = append(all, owner+"."+f.Path)
		}
	}
	slices.Sort(all)
	return all
}

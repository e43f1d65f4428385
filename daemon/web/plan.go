package web

import (
	"fmt"
	"strings"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"vega/daemon/plan"
	"vega/daemon/web/ui"
)

// maxChanges limits the rows of a plan.
const maxChanges = 200

// actions say what happens to a block.
var actions = map[plan.Action]string{plan.Add: "added", plan.Alter: "changed", plan.Restart: "restarted", plan.Remove: "removed"}

// totals counts integrations.
type totals plan.Summary

// past returns the totals of what was done, without those that are 0.
func (t totals) past() string {
	var parts []string
	for _, p := range []struct {
		count int
		word  string
	}{{t.Added, "added"}, {t.Changed, "changed"}, {t.Restarted, "restarted"}, {t.Removed, "removed"}, {t.Kept, "kept"}} {
		if p.count > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.count, p.word))
		}
	}
	if len(parts) == 0 {
		return "none."
	}
	return strings.Join(parts, ", ") + "."
}

// changeList collects the rows of a plan.
type changeList struct {
	rows []ui.Row
	more int
}

func (c *changeList) add(name, what string, details g.Node) {
	if len(c.rows) == maxChanges {
		c.more++
		return
	}
	c.rows = append(c.rows, ui.Row{h.Code(g.Text(name)), g.Text(what), details})
}

// planned returns what a reload would change.
func planned(p plan.Plan) g.Node {
	title := h.H2(g.Text("What a reload would change"))
	if p.Empty() {
		return g.Group{title, ui.Empty("Nothing: the files differ from the active ones only in comments and layout.")}
	}
	var c changeList
	for _, k := range p.Keys {
		what := "changed"
		if k.Restart {
			what = "changed; needs a restart"
		}
		c.add(k.Name, what, between(k.From, k.To))
	}
	for _, b := range p.Databases {
		c.add("database."+b.Name, actions[b.Action], nil)
	}
	for _, b := range p.Thresholds {
		c.add("threshold."+b.Name, actions[b.Action], nil)
	}
	for _, b := range p.Details() {
		c.add(b.Name, actions[b.Action], attributes(b.Attributes))
	}
	for _, b := range p.Plugins {
		c.add("plugin "+b.Name, actions[b.Action], nil)
	}
	for _, i := range p.Integrations {
		details := attributes(i.Attributes)
		if i.Action == plan.Restart {
			details = g.Text("because of " + strings.Join(i.Because, ", "))
		}
		c.add("integration."+i.Name, actions[i.Action], details)
	}
	return g.Group{
		title,
		h.P(g.Text("Integrations: " + totals(p.Summary).past())),
		ui.Table("Changes", []string{"Block or setting", "Change", "Details"}, c.rows),
		g.If(c.more > 0, h.P(g.Text(fmt.Sprintf("%d more changes are not shown. All of them: ", c.more)), h.Code(g.Text("vega plan")))),
		h.P(g.Text(fmt.Sprintf("Load: %.3g runs per second before, %.3g after.", p.Load.Before.RunsPerSecond, p.Load.After.RunsPerSecond))),
	}
}

// attributes returns the changed attributes of a block.
func attributes(all []plan.Attribute) g.Node {
	return g.Map(all, func(a plan.Attribute) g.Node {
		return h.Div(h.Code(g.Text(a.Name)), g.Text(" "), between(a.From, a.To))
	})
}

// between returns a value before and after a change, if the plan shows them: it doesn't
// for what may be secret.
func between(from, to *string) g.Node {
	if from == nil || to == nil {
		return nil
	}
	return g.Group{value(*from), g.Text(" → "), value(*to)}
}

func value(s string) g.Node {
	if s == "" {
		return ui.None()
	}
	return ui.Text(s)
}

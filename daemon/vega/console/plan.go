package console

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"vega/daemon/plan"
)

// signs mark each action, in the colors of a diff.
var signs = map[plan.Action]struct{ sign, color string }{
	plan.Add:     {"+", "\x1b[32m"},
	plan.Alter:   {"~", "\x1b[33m"},
	plan.Restart: {"±", "\x1b[33m"},
	plan.Remove:  {"-", "\x1b[31m"},
}

// planText writes a plan as text.
type planText struct {
	*bufio.Writer
	color bool
}

// WritePlan writes one line per change, and the totals and the load at the end.
func WritePlan(out io.Writer, p plan.Plan) error {
	w := planText{bufio.NewWriter(out), HasColor(out)}
	if p.Empty() {
		fmt.Fprintln(w, "Nothing would change.")
		return w.Flush()
	}
	for _, k := range p.Keys {
		note := ""
		if k.Restart {
			note = "  (needs a restart)"
		}
		w.line(plan.Alter, k.Name+values(k.From, k.To)+note)
	}
	for _, b := range p.Databases {
		w.line(b.Action, "database."+b.Name)
	}
	for _, b := range p.Thresholds {
		w.line(b.Action, "threshold."+b.Name)
	}
	for _, b := range p.Details() {
		w.line(b.Action, b.Name)
		w.attributes(b.Attributes)
	}
	for _, b := range p.Plugins {
		w.line(b.Action, "plugin "+b.Name)
	}
	for _, i := range p.Integrations {
		w.integration(i)
	}
	if needed := p.NeedsRestart(); len(needed) > 0 {
		fmt.Fprintf(w, "\nA reload is refused while these settings differ, because they need a restart: %s\n", strings.Join(needed, ", "))
	}
	fmt.Fprintf(w, "\nIntegrations: %s.\n%s\n", summary(p.Summary), load(p.Load))
	return w.Flush()
}

func (w planText) line(a plan.Action, text string) {
	s := signs[a]
	if w.color {
		fmt.Fprintf(w, "%s%s\x1b[0m %s\n", s.color, s.sign, text)
	} else {
		fmt.Fprintf(w, "%s %s\n", s.sign, text)
	}
}

func (w planText) integration(i plan.Integration) {
	text := "integration." + i.Name
	if i.Action == plan.Restart {
		text += "  (restarts: " + strings.Join(i.Because, ", ") + " changed)"
	}
	w.line(i.Action, text)
	w.attributes(i.Attributes)
}

func (w planText) attributes(all []plan.Attribute) {
	for _, a := range all {
		fmt.Fprintf(w, "    %s%s\n", a.Name, values(a.From, a.To))
	}
}

// values formats the old and the new value, if the plan shows them.
func values(from, to *string) string {
	if from == nil || to == nil {
		return ""
	}
	return fmt.Sprintf(": %s → %s", OrNone(*from), OrNone(*to))
}

// summary formats the totals.
func summary(s plan.Summary) string {
	return fmt.Sprintf("%d to add, %d to change, %d to restart, %d to remove, %d kept", s.Added, s.Changed, s.Restarted, s.Removed, s.Kept)
}

// load formats the load before and after.
func load(l plan.Change[plan.Load]) string {
	return fmt.Sprintf("Load: %.3g → %.3g runs per second; if no target answers, %.3g → %.3g of %d concurrent runs.",
		l.Before.RunsPerSecond, l.After.RunsPerSecond, l.Before.AtWorst, l.After.AtWorst, l.After.AtOnce)
}

package main

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"vega/daemon/plan"
)

// signs mark what happens, in the colours that diffs have.
var signs = map[plan.Action]struct{ sign, colour string }{
	plan.Add:     {"+", "\x1b[32m"},
	plan.Alter:   {"~", "\x1b[33m"},
	plan.Restart: {"±", "\x1b[33m"},
	plan.Remove:  {"-", "\x1b[31m"},
}

// planText writes a plan for people.
type planText struct {
	*bufio.Writer
	colour bool
}

func writePlan(out io.Writer, p plan.Plan) error {
	w := planText{bufio.NewWriter(out), inColor(out)}
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
	for _, b := range p.Plugins {
		w.line(b.Action, "plugin "+b.Name)
	}
	for _, i := range p.Integrations {
		w.integration(i)
	}
	if needed := p.NeedsRestart(); len(needed) > 0 {
		fmt.Fprintf(w, "\nA reload is refused while these differ, which need a restart: %s\n", strings.Join(needed, ", "))
	}
	fmt.Fprintf(w, "\nPlan: %s.\n%s\n", summary(p.Summary), demand(p.Load))
	return w.Flush()
}

func (w planText) line(a plan.Action, text string) {
	s := signs[a]
	if w.colour {
		fmt.Fprintf(w, "%s%s\x1b[0m %s\n", s.colour, s.sign, text)
	} else {
		fmt.Fprintf(w, "%s %s\n", s.sign, text)
	}
}

func (w planText) integration(i plan.Integration) {
	text := "integration." + i.Name
	if i.Action == plan.Restart {
		text += "  (begins anew: " + strings.Join(i.Because, ", ") + " is another)"
	}
	w.line(i.Action, text)
	for _, a := range i.Attributes {
		fmt.Fprintf(w, "    %s%s\n", a.Name, values(a.From, a.To))
	}
}

// values are before and after, where they are told.
func values(from, to *string) string {
	if from == nil || to == nil {
		return ""
	}
	return fmt.Sprintf(": %s → %s", orNone(*from), orNone(*to))
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

func summary(s plan.Summary) string {
	return fmt.Sprintf("%d to add, %d to change, %d to begin anew, %d to remove, %d kept", s.Added, s.Changed, s.Restarted, s.Removed, s.Kept)
}

func demand(l plan.Change[plan.Load]) string {
	return fmt.Sprintf("Load: %.3g → %.3g runs a second; if no target answers, %.3g → %.3g of %d places taken.",
		l.Before.RunsPerSecond, l.After.RunsPerSecond, l.Before.AtWorst, l.After.AtWorst, l.After.AtOnce)
}

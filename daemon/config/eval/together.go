package eval

import (
	"fmt"
	"strconv"

	"vega/daemon/config/bind"
	"vega/daemon/config/diag"
	"vega/daemon/config/schema"
	"vega/plugins/manifest"
)

// Together reports options of a probe that do not go together, at the option
// that says so.
func Together(ev *Evaluator, s *bind.Section, p *manifest.Probe, values manifest.Values) {
	if s.Broken || s.Off {
		return
	}
	written := func(name string) bool {
		t := s.Slot(name)
		return t != nil && t.State == bind.Present
	}
	for _, c := range p.Together(values, written) {
		if t := s.Slot(c.Other); t != nil && t.Unsure() {
			continue
		}
		at := s.Slot(c.Option).At
		switch {
		case c.Lacks && c.Value == "":
			ev.out.Err(diag.Required, at, fmt.Sprintf("%s needs %s.%s", c.Option, c.Other, absence(ev, s, c.Other)), lackFix(ev, s, c))
		case c.Lacks:
			ev.out.Err(diag.OutOfBounds, at, fmt.Sprintf("%s has an effect only with %s = %s.", c.Option, c.Other, shownAs(s, c)), fmt.Sprintf("set %s = %s, or remove %s", c.Other, shownAs(s, c), c.Option))
		case c.Value == "":
			ev.out.Err(diag.OutOfBounds, at, fmt.Sprintf("%s and %s exclude each other.", c.Option, c.Other), "remove one of the two")
		default:
			ev.out.Err(diag.OutOfBounds, at, fmt.Sprintf("%s is not possible with %s = %s.", c.Option, c.Other, shownAs(s, c)), fmt.Sprintf("remove %s, or set another %s", c.Option, c.Other))
		}
	}
}

// lackFix returns the fix for an option without another that it needs.
func lackFix(ev *Evaluator, s *bind.Section, c manifest.Clash) string {
	if t := s.Slot(c.Other); t != nil && ev.FirstUnset(t.Expr) != "" {
		return ev.UnsetFix(t.Expr)
	}
	return fmt.Sprintf("add %s = %s, or remove %s", c.Other, schema.Example(s.Schema.Row(c.Other)), c.Option)
}

// absence explains why an option that was written has no value.
func absence(ev *Evaluator, s *bind.Section, name string) string {
	t := s.Slot(name)
	if t == nil {
		return ""
	}
	return " It has no value: " + ev.WhyAbsent(t.Expr) + "."
}

// shownAs returns the value of the other option as it is written.
func shownAs(s *bind.Section, c manifest.Clash) string {
	if r := s.Schema.Row(c.Other); r != nil && r.Type == manifest.String {
		return strconv.Quote(c.Value)
	}
	return c.Value
}

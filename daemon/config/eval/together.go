package eval

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"vega/daemon/config/bind"
	"vega/daemon/config/diag"
	"vega/daemon/config/schema"
	"vega/plugins/manifest"
	"vega/policies/check"
)

// Together reports options of a probe that do not go together, at the option
// that says so.
func Together(ev *Evaluator, s *bind.Section, p *manifest.Probe, values manifest.Values) {
	together(ev, s, p.Options, values)
	for _, t := range s.Slots {
		list, _ := t.Value.([]manifest.Value)
		for i, in := range t.Objects {
			if i < len(list) {
				object, _ := list[i].(map[string]manifest.Value)
				together(ev, in, t.Row.Fields, object)
			}
		}
	}
}

// together reports options, or fields of an object, that do not go together.
func together(ev *Evaluator, s *bind.Section, options []manifest.Option, values manifest.Values) {
	if s.Broken || s.Off {
		return
	}
	bounds(ev, s)
	written := func(name string) bool {
		t := s.Slot(name)
		return t != nil && t.State == bind.Present
	}
	for _, c := range manifest.Together(options, values, written) {
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

// bounds reports options with which a check could never be healthy, and
// conditions that are empty.
func bounds(ev *Evaluator, s *bind.Section) {
	for _, t := range s.Slots {
		if t.State != bind.Present {
			continue
		}
		name, isMin := strings.CutPrefix(t.Row.Name, "min_")
		low, isSize := t.Value.(manifest.Size)
		if high := s.Slot("max_" + name); isMin && isSize && high != nil && high.State == bind.Present {
			if limit, ok := high.Value.(manifest.Size); ok && limit < low {
				ev.out.Err(diag.Conflict, t.Expr.At, fmt.Sprintf("%s is %v, but %s is %v, so the check would always fail.", t.Row.Name, low, high.Row.Name, limit), "exchange the two, or correct one")
			}
		}
		if isCondition(t.Row.Name) && isEmpty(t.Value) && !t.Expr.Computed() {
			ev.out.Warn(diag.NoEffect, t.Expr.At, t.Row.Name+" is empty, so it has no effect.", "write what the answer must contain, or remove it")
		}
	}
}

func isCondition(name string) bool {
	return strings.HasPrefix(name, "expect") || strings.HasPrefix(name, "reject")
}

func isEmpty(v manifest.Value) bool {
	switch v := v.(type) {
	case manifest.Text:
		return v.Reveal() == ""
	case []manifest.Value:
		return len(v) == 0
	case map[string]manifest.Value:
		return len(v) == 0
	default:
		return false
	}
}

// Latencies reports options of a probe that say which latency is too long, but
// that a run ends before.
func Latencies(ev *Evaluator, s *bind.Section, timeout time.Duration) {
	for _, in := range s.Within() {
		latencies(ev, in, timeout)
	}
}

func latencies(ev *Evaluator, s *bind.Section, timeout time.Duration) {
	for _, t := range s.Slots {
		d, ok := t.Value.(time.Duration)
		if ok && t.State == bind.Present && !s.Off && strings.HasSuffix(t.Row.Name, "latency") && d >= timeout {
			ev.out.Warn(diag.NoEffect, t.Expr.At, fmt.Sprintf("%s is %s, but a run ends at its timeout of %s, so it has no effect.", t.Row.Name, check.Span(d), check.Span(timeout)),
				fmt.Sprintf("use a value below %s, or set a longer timeout in the integration", check.Span(timeout)))
		}
	}
}

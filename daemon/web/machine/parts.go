package machine

import (
	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"vega/daemon/web/ui"
	"vega/policies"
)

// Level returns the status of a resource.
func Level(l policies.Level) g.Node {
	kinds := map[policies.Level]ui.Kind{policies.LevelHealthy: ui.Good, policies.LevelWarning: ui.Warning, policies.LevelError: ui.Bad}
	if kinds[l] == "" {
		return ui.Mark(ui.Info, string(l))
	}
	return ui.Mark(kinds[l], string(l))
}

// valueOf returns a figure with its unit, or nil if it is unknown.
func valueOf[N int | int64 | uint64 | float64](u policies.Unit, v *N) g.Node {
	if v == nil {
		return nil
	}
	return g.Text(u.Format(float64(*v)))
}

// milliseconds returns a duration.
func milliseconds(ms float64) g.Node { return g.Text(policies.Milliseconds.Format(ms)) }

// countOf returns a whole number.
func countOf[N int | int64 | uint64](n N) g.Node { return g.Textf("%d", n) }

// cleaned returns text without control characters.
func cleaned(s string) g.Node { return g.Text(ui.Clean(s)) }

// preformatted returns text in a fixed-width font, line by line. The keyboard can scroll it.
func preformatted(label string, text ...string) g.Node {
	return h.Pre(h.Class("lines"), h.TabIndex("0"), h.Role("region"), h.Aria("label", label), g.Map(text, func(line string) g.Node {
		return g.Text(ui.Clean(line) + "\n")
	}))
}

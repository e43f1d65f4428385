package ui

import (
	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"vega/policies/check"
)

// icons tell statuses apart without colour.
var icons = map[check.Status]string{check.Healthy: "✓", check.Degraded: "▲", check.Unhealthy: "✕", check.Unknown: "?", check.Disabled: "–"}

// Status returns a status as an icon and a word, in its colour.
func Status(s check.Status) g.Node {
	return h.Span(h.Class("status "+string(s)), icon(icons[s]), g.Text(" "+Word(s)))
}

// Word returns what the pages call a status.
func Word(s check.Status) string {
	if s == check.Unknown {
		return "vega can't tell"
	}
	return string(s)
}

// Package ui has the parts that pages share. All text passes through gomponents, which
// escapes it; there is no inline style or script, which the Content-Security-Policy forbids.
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
	return h.Span(h.Class("status "+string(s)), h.Span(h.Aria("hidden", "true"), g.Text(icons[s])), g.Text(" "+string(s)))
}

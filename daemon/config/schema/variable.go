package schema

import (
	"regexp"
	"strings"

	"vega/daemon/config/diag"
)

var notInName = regexp.MustCompile(`[^A-Z0-9]+`)

// VariableName joins the words of a variable's name: ORDERS_API_KEY.
func VariableName(owner, what string) string {
	join := func(s string) string { return strings.Trim(notInName.ReplaceAllString(strings.ToUpper(s), "_"), "_") }
	o, w := join(diag.Clip(owner)), join(diag.Clip(what))
	switch {
	case o == "":
		return w
	case w == "VALUE" || o == w:
		return o
	case strings.HasPrefix(w, o+"_"):
		return w
	default:
		return o + "_" + w
	}
}

package config

import (
	"regexp"
	"strings"

	"vega/daemon/config/diag"
	"vega/plugins/manifest"
)

// Patterns of what is text for JSON. A duration's and a size's bounds can't be
// said there; they stand in the description.
const (
	durationPattern = `^\+?(0|((\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h))+)$`
	sizePattern     = `^\s*\+?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*([KMGT]i?)?B$`
	urlPattern      = `^[Hh][Tt][Tt][Pp][Ss]?://.`
	addressPattern  = `.:[0-9]{1,5}$`
	databasePattern = `^(\$\{)?database\.[a-z][a-z0-9_-]*\}?$`
	peerPattern     = `^(\$\{)?integration\.[a-z][a-z0-9_-]*\}?$`
	figurePattern   = `^(\$\{)?(system|databases|database\.[a-z][a-z0-9_-]*)(\.[A-Za-z0-9_]+)+\}?$`
	probePattern    = `^(\$\{)?[a-z][a-z0-9_-]*\.[a-z][a-z0-9_-]*\}?$`
)

func (m schemaMaker) attribute(r *row) *jsonSchema {
	var out *jsonSchema
	switch e := m.value(r, r.Element()); r.Type {
	case manifest.List:
		out = &jsonSchema{Type: "array", Items: e}
	case manifest.Map:
		out = &jsonSchema{Type: "object", AdditionalProperties: e}
	default:
		out = e
	}
	out.Description = describe(r)
	out.Default, out.WriteOnly = r.Default, r.Sensitive
	return out
}

// describe is what the row is for, and of its bounds those that JSON can't
// tell.
func describe(r *row) string {
	text := strings.TrimSpace(diag.Clean(r.Description))
	if allowed := bounds(r); allowed != "" && (r.Element() == manifest.DurationType || r.Element() == manifest.SizeType) {
		text = sentence(text) + " It is " + allowed + "."
	}
	return text
}

// value is one value of type t: what is written out, or worked out.
func (m schemaMaker) value(r *row, t manifest.Type) *jsonSchema {
	out := writtenOut(r, t)
	anyText := out.Type == "string" && out.Pattern == "" && out.Enum == nil
	if m.constant || anyText || t == valueType || isReference(t) {
		return out
	}
	return &jsonSchema{AnyOf: []*jsonSchema{out, refTo(expression)}}
}

// isReference reports whether a type is written as a reference only.
func isReference(t manifest.Type) bool {
	return t == probeType || t == integrationType || t == figureType || t == manifest.Database
}

func writtenOut(r *row, t manifest.Type) *jsonSchema {
	switch t {
	case manifest.Bool:
		return &jsonSchema{Type: "boolean"}
	case manifest.Number:
		return &jsonSchema{Type: "number", Minimum: r.Min, Maximum: r.Max}
	case wholeType:
		return &jsonSchema{Type: "integer", Minimum: r.Min, Maximum: r.Max}
	case manifest.Any:
		return &jsonSchema{AnyOf: []*jsonSchema{{Type: "string"}, {Type: "number"}, {Type: "boolean"}}}
	case boundType, amountType:
		return &jsonSchema{AnyOf: []*jsonSchema{{Type: "number"}, {Type: "string", Pattern: durationPattern}, {Type: "string", Pattern: sizePattern}}}
	case valueType:
		return &jsonSchema{}
	default:
		return &jsonSchema{Type: "string", Enum: r.OneOf, Pattern: textPattern(r, t)}
	}
}

// textPattern is what a text has to match; "" is anything.
func textPattern(r *row, t manifest.Type) string {
	switch t {
	case manifest.DurationType:
		return durationPattern
	case manifest.SizeType:
		return sizePattern
	case manifest.URL:
		return urlPattern
	case probeType:
		return probePattern
	case integrationType:
		return peerPattern
	case figureType:
		return figurePattern
	case manifest.Database:
		return databasePattern
	case manifest.Address:
		if !r.dns {
			return addressPattern
		}
	}
	if portable(r.Pattern) {
		return "^(?:" + r.Pattern + ")$"
	}
	return ""
}

// foreign is what RE2 has and the regular expressions of JSON Schema have not.
var foreign = regexp.MustCompile(`\\[^dDwWsSbBnrtfv^$\\.*+?()\[\]{}|/]|\(\?[^:]|\[\[:`)

func portable(pattern string) bool { return pattern != "" && !foreign.MatchString(pattern) }

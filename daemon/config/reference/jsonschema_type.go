package reference

import (
	"regexp"
	"strings"

	"vega/daemon/config/diag"
	"vega/daemon/config/schema"
	"vega/plugins/manifest"
)

// Patterns of values that are strings in JSON. JSON Schema cannot express the
// bounds of durations and sizes, so the descriptions state them.
const (
	durationPattern = `^\+?(0|((\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h))+)$`
	sizePattern     = `^\s*\+?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*([KMGT]i?)?B$`
	urlPattern      = `^[Hh][Tt][Tt][Pp][Ss]?://.`
	addressPattern  = `.:[0-9]{1,5}$`
	databasePattern = `^(\$\{)?database\.[a-z][a-z0-9_-]*\}?$`
	peerPattern     = `^(\$\{)?integration\.[a-z][a-z0-9_-]*(\["[^"]+"\]|\[each\.key\]|\.[A-Za-z0-9._-]+)?\}?$`
	notifierPattern = `^(\$\{)?notifier\.[a-z][a-z0-9_-]*\}?$`
	figurePattern   = `^(\$\{)?(system|databases|database\.[a-z][a-z0-9_-]*|metric|integration\.[a-z][a-z0-9_-]*(\["[^"]+"\])?)(\.[A-Za-z0-9_-]+)+\}?$`
	probePattern    = `^(\$\{)?[a-z][a-z0-9_-]*\.[a-z][a-z0-9_-]*\}?$`
)

func (m schemaMaker) attribute(r *schema.Row) *jsonSchema {
	var out *jsonSchema
	e := m.value(r, r.Element())
	if r.Object != nil {
		e = m.object("", r.Object)
	}
	switch r.Type {
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

// describe returns the description of a row, with bounds that JSON Schema cannot
// express.
func describe(r *schema.Row) string {
	text := strings.TrimSpace(diag.Clean(r.Description))
	if allowed := schema.Bounds(r); allowed != "" && (r.Element() == manifest.DurationType || r.Element() == manifest.SizeType) {
		text = sentence(text) + " It is " + allowed + "."
	}
	return text
}

// value describes one value of type t: a literal, or an expression.
func (m schemaMaker) value(r *schema.Row, t manifest.Type) *jsonSchema {
	out := writtenOut(r, t)
	anyText := out.Type == "string" && out.Pattern == "" && out.Enum == nil
	if m.constant || anyText || t == schema.Anything || isReference(t) {
		return out
	}
	return &jsonSchema{AnyOf: []*jsonSchema{out, refTo(expression)}}
}

// isReference reports whether values of a type are always references.
func isReference(t manifest.Type) bool {
	return t == schema.Probe || t == schema.Integration || t == schema.Notifier || t == schema.Figure || t == manifest.Database
}

func writtenOut(r *schema.Row, t manifest.Type) *jsonSchema {
	switch t {
	case manifest.Bool:
		return &jsonSchema{Type: "boolean"}
	case manifest.Number:
		return &jsonSchema{Type: "number", Minimum: r.Min, Maximum: r.Max}
	case schema.Whole:
		return &jsonSchema{Type: "integer", Minimum: r.Min, Maximum: r.Max}
	case manifest.Any:
		return &jsonSchema{AnyOf: []*jsonSchema{{Type: "string"}, {Type: "number"}, {Type: "boolean"}}}
	case schema.Bound, schema.Quantity:
		return &jsonSchema{AnyOf: []*jsonSchema{{Type: "number"}, {Type: "string", Pattern: durationPattern}, {Type: "string", Pattern: sizePattern}}}
	case schema.Anything:
		return &jsonSchema{}
	case schema.Targets:
		return &jsonSchema{AnyOf: []*jsonSchema{{Type: "object"}, {Type: "array"}}}
	default:
		return &jsonSchema{Type: "string", Enum: r.OneOf, Pattern: textPattern(r, t)}
	}
}

// textPattern returns the pattern of a string; "" matches anything.
func textPattern(r *schema.Row, t manifest.Type) string {
	switch t {
	case manifest.DurationType:
		return durationPattern
	case manifest.SizeType:
		return sizePattern
	case manifest.URL:
		if len(r.Schemes) > 0 {
			return "^(" + strings.Join(r.Schemes, "|") + ")://."
		}
		return urlPattern
	case schema.Probe:
		return probePattern
	case schema.Integration:
		return peerPattern
	case schema.Notifier:
		return notifierPattern
	case schema.Figure:
		return figurePattern
	case manifest.Database:
		return databasePattern
	case manifest.Address:
		if !r.DNS {
			return addressPattern
		}
	}
	if portable(r.Pattern) {
		return "^(?:" + r.Pattern + ")$"
	}
	return ""
}

// foreign matches what RE2 has but the regular expressions of JSON Schema lack.
var foreign = regexp.MustCompile(`\\[^dDwWsSbBnrtfv^$\\.*+?()\[\]{}|/]|\(\?[^:]|\[\[:`)

func portable(pattern string) bool { return pattern != "" && !foreign.MatchString(pattern) }

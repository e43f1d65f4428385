package schema

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"vega/daemon/config/diag"
	"vega/plugins/manifest"
	"vega/policies/check"
)

// TypeName describes the values of a type.
func TypeName(t manifest.Type) string {
	switch t {
	case manifest.Number:
		return "a number"
	case Whole:
		return "a whole number"
	case manifest.Bool:
		return "true or false"
	case manifest.DurationType:
		return "a duration such as \"10s\""
	case manifest.SizeType:
		return "a size such as \"64KiB\""
	case manifest.URL:
		return "an http or https URL"
	case manifest.Address:
		return "an address, host:port"
	case manifest.Database:
		return "a database, as database.NAME"
	case Integration:
		return "an integration, as integration.NAME"
	case Notifier:
		return "a notifier, as notifier.NAME"
	case Selector:
		return "a selector of integrations, as text"
	case Probe:
		return "a probe, as plugin.probe"
	case manifest.List:
		return "a list"
	case manifest.Map:
		return "a map"
	case manifest.Object:
		return "an object, { name = value }"
	case manifest.Any:
		return "text, a number, true or false"
	case Bound:
		return "a number, or a duration or size in quotes"
	case Figure:
		return "a metric, such as system.memory.percent"
	case Quantity:
		return "a number, a size such as \"2GiB\" or a duration such as \"250ms\", depending on the metric"
	case Targets:
		return "a literal map or list of targets"
	case Path:
		return "a path, as text"
	default:
		return "text"
	}
}

// ElementName describes the values of a row, or of its elements if they are in a list or
// map.
func ElementName(r *Row) string {
	if t := r.Element(); t != manifest.URL || len(r.Schemes) == 0 {
		return TypeName(t)
	}
	return "a " + strings.Join(r.Schemes, " or ") + " URL"
}

// Sample returns an example value of a type.
func Sample(t manifest.Type) string {
	switch t {
	case manifest.Number, Whole:
		return "a number, without quotes"
	case manifest.Bool:
		return "true or false"
	case manifest.DurationType:
		return `"10s"`
	case manifest.SizeType:
		return `"64KiB"`
	case manifest.URL:
		return `"https://example.com"`
	case manifest.Address:
		return `"example.com:443"`
	case manifest.Database:
		return "database.NAME"
	case Integration:
		return "integration.NAME"
	case Notifier:
		return "notifier.NAME"
	case Selector:
		return `"orders-*"`
	case Figure:
		return "system.memory.percent"
	case Quantity:
		return "80"
	case manifest.List:
		return "[ … ]"
	case Targets:
		return `{ web1 = "10.0.0.1" }`
	case manifest.Map, manifest.Object:
		return "{ name = value }"
	case Probe:
		return "core.http"
	default:
		return `"…"`
	}
}

// Plain returns an example value of a type as the text of a variable.
func Plain(t manifest.Type) string {
	switch t {
	case manifest.Bool:
		return "true or false"
	case Whole:
		return "a whole number such as 8080"
	default:
		return "a number such as 0.5"
	}
}

// exampleAddress finds the address that a description has as an example.
var exampleAddress = regexp.MustCompile(`\b[a-z0-9-]+\.example\.com:[0-9]+\b`)

// exampleText finds the text that a description has as an example.
var exampleText = regexp.MustCompile(`such as ("[^"$]+")`)

// Example returns an example value for a row: an address is the one that its
// description has, because the port matters.
func Example(r *Row) string {
	if len(r.OneOf) > 0 {
		return strconv.Quote(r.OneOf[0])
	}
	if r.Type == manifest.URL && len(r.Schemes) > 0 && !r.Sensitive {
		return strconv.Quote(slices.Max(r.Schemes) + "://example.com")
	}
	if r.Sensitive && r.Type != manifest.Map && r.Type != manifest.List {
		return `env("…")`
	}
	if r.DNS && r.Type == manifest.String {
		return `"example.com"`
	}
	if address := exampleAddress.FindString(r.Description); r.Element() == manifest.Address && address != "" {
		return strconv.Quote(address)
	}
	if text := exampleText.FindStringSubmatch(r.Description); text != nil && r.Type == manifest.String {
		return text[1]
	}
	return Sample(r.Type)
}

// Bounds describes the values that a row allows.
func Bounds(r *Row) string {
	var parts []string
	switch len(r.OneOf) {
	case 0:
	case 1:
		parts = append(parts, strconv.Quote(r.OneOf[0]))
	default:
		parts = append(parts, "one of "+strings.Join(r.OneOf, ", "))
	}
	if r.Pattern != "" {
		parts = append(parts, "of the form "+diag.Clip(r.Pattern))
	}
	if r.Min != nil {
		parts = append(parts, "at least "+Amount(*r.Min, r.Type))
	}
	if r.Max != nil {
		parts = append(parts, "at most "+Amount(*r.Max, r.Type))
	}
	return strings.Join(parts, " and ")
}

// Amount formats a number of a type: seconds as a duration, bytes as a size.
func Amount(f float64, t manifest.Type) string {
	switch t {
	case manifest.DurationType:
		return check.Span(time.Duration(f * float64(time.Second)))
	case manifest.SizeType:
		return manifest.Size(f).String()
	default:
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
}

// Shown formats a value as it was written, without secrets. It returns "" for
// lists and maps.
func Shown(v manifest.Value) string {
	switch v := v.(type) {
	case manifest.Text:
		return strconv.Quote(diag.Clip(v.String()))
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case time.Duration:
		return check.Span(v)
	case manifest.Size:
		return v.String()
	default:
		return ""
	}
}

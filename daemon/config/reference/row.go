package reference

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"vega/daemon/config/schema"
	"vega/daemon/config/syntax"
	"vega/plugins/manifest"
)

// The names of facts that a table has a column for.
const (
	factType     = "type"
	factAllowed  = "allowed"
	factRequired = "required"
	factDefault  = "default"
	factEnv      = "env() gives"
	factPlace    = "belongs in"
	factUsual    = "usual"
)

func (d documenter) attribute(r *schema.Row) Topic {
	t := Topic{Name: d.name(r.Name), Title: r.Name, Doc: r.Description, Row: true, Example: d.exampleOf(r)}
	t.Facts = append(t.Facts, Fact{Name: factType, Text: takes(r)})
	if allowed := schema.Bounds(r); allowed != "" {
		t.Facts = append(t.Facts, Fact{Name: factAllowed, Text: allowed})
	}
	if u := r.Usual; u != nil {
		t.Facts = append(t.Facts, Fact{Name: factUsual, Text: fmt.Sprintf("%s to %s. %s", schema.Amount(u.Min, r.Type), schema.Amount(u.Max, r.Type), u.Why)})
	}
	t.Facts = append(t.Facts, Fact{Name: factRequired, Text: d.required(r)})
	if r.Default != nil {
		t.Facts = append(t.Facts, Fact{Name: factDefault, Text: literal(r.Default), Code: true})
	}
	if !d.constant {
		t.Facts = append(t.Facts, Fact{Name: factEnv, Text: secrecy(r)})
	}
	t.Facts = append(t.Facts, Fact{Name: factPlace, Text: d.where()})
	return t
}

// required describes whether a row must be set. A disabled integration needs
// nothing.
func (d documenter) required(r *schema.Row) string {
	switch {
	case !r.Required:
		return "no"
	case len(d.path) > 0 && d.path[0].Name == "integration":
		return "yes, if the integration is enabled"
	default:
		return "yes"
	}
}

// takes describes the values of a row.
func takes(r *schema.Row) string {
	switch {
	case r.Type == manifest.List:
		return "a list, each " + schema.ElementName(r)
	case r.Type == manifest.Map:
		return "a map, each value " + schema.ElementName(r)
	case r.Type == schema.Anything:
		return "a value of the option's type"
	case r.DNS && r.Type == manifest.Address:
		return "an address, host:port; the default port is 53"
	default:
		return schema.ElementName(r)
	}
}

// secrecy describes what happens to a value of env() or file() in a row, if it
// is allowed.
func secrecy(r *schema.Row) string {
	switch r.Element() {
	case manifest.Bool:
		return "not secret; true or false"
	case manifest.Number, schema.Whole:
		return "not secret; a number"
	case schema.Probe, manifest.Database, schema.Integration, schema.Notifier, schema.Figure:
		return "not allowed; use a reference"
	}
	switch {
	case r.SQL:
		return "not allowed in SQL"
	case r.Argument:
		return "not allowed, because no plugin sees a secret"
	case r.Login:
		return "a secret; in a literal, only the password is secret"
	case r.Sensitive:
		return "a secret, even if written as a literal"
	case r.Public:
		return "not secret"
	case r.Element() == manifest.URL:
		return "secret, except scheme, host and port"
	default:
		return "a secret"
	}
}

// literal returns a default as it is written.
func literal(v any) string {
	switch v := v.(type) {
	case string:
		return syntax.QuoteText(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case []any:
		items := make([]string, len(v))
		for i, e := range v {
			items[i] = literal(e)
		}
		return "[" + strings.Join(items, ", ") + "]"
	case map[string]any:
		return literalMap(v)
	default:
		return fmt.Sprint(v)
	}
}

func literalMap(m map[string]any) string {
	items := make([]string, 0, len(m))
	for _, k := range slices.Sorted(maps.Keys(m)) {
		items = append(items, syntax.QuoteKey(k)+" = "+literal(m[k]))
	}
	return "{ " + strings.Join(items, ", ") + " }"
}

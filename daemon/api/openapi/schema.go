package openapi

import (
	"cmp"
	"encoding"
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"reflect"
	"slices"
	"strings"
	"time"
)

// Schema is a JSON Schema (draft 2020-12), with the keywords that are used here.
type Schema struct {
	Ref                  string             `json:"$ref,omitempty"`
	Type                 any                `json:"type,omitempty"` // a name, or a list of names
	Format               string             `json:"format,omitempty"`
	Description          string             `json:"description,omitempty"`
	Enum                 []string           `json:"enum,omitempty"`
	Pattern              string             `json:"pattern,omitempty"`
	Minimum              *float64           `json:"minimum,omitempty"`
	Maximum              *float64           `json:"maximum,omitempty"`
	Default              any                `json:"default,omitempty"`
	Examples             []any              `json:"examples,omitempty"`
	Items                *Schema            `json:"items,omitempty"`
	Properties           map[string]*Schema `json:"properties,omitempty"`
	AdditionalProperties *Schema            `json:"additionalProperties,omitempty"`
	Required             []string           `json:"required,omitempty"`
	AnyOf                []*Schema          `json:"anyOf,omitempty"`
}

// schemas collects the schemas of named types.
type schemas struct {
	types   map[reflect.Type]Schema
	trim    string
	defined map[string]*Schema
}

var (
	timeType      = reflect.TypeFor[time.Time]()
	marshaler     = reflect.TypeFor[json.Marshaler]()
	textMarshaler = reflect.TypeFor[encoding.TextMarshaler]()
)

// of returns the schema of a type, a reference for a struct. It panics for a type
// that it can't describe, which a test of the document finds.
func (s *schemas) of(t reflect.Type) *Schema {
	if known, ok := s.types[t]; ok {
		return &known
	}
	switch {
	case t.Kind() == reflect.Pointer:
		return nullable(s.of(t.Elem()))
	case t == timeType:
		return &Schema{Type: "string", Format: "date-time"}
	case t.Implements(marshaler):
		panic(fmt.Sprintf("openapi: %v encodes itself; add it to API.Types", t))
	case t.Implements(textMarshaler):
		return &Schema{Type: "string"}
	}
	switch t.Kind() {
	case reflect.String:
		return &Schema{Type: "string"}
	case reflect.Bool:
		return &Schema{Type: "boolean"}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return &Schema{Type: "integer"}
	case reflect.Float32, reflect.Float64:
		return &Schema{Type: "number"}
	case reflect.Slice, reflect.Array:
		return &Schema{Type: "array", Items: s.of(t.Elem())}
	case reflect.Map:
		return &Schema{Type: "object", AdditionalProperties: s.of(t.Elem())}
	case reflect.Struct:
		return s.reference(t)
	default:
		panic(fmt.Sprintf("openapi: can't describe %v", t))
	}
}

// nullable returns the schema that also allows null.
func nullable(of *Schema) *Schema {
	if name, ok := of.Type.(string); ok && of.Enum == nil {
		out := *of
		out.Type = []string{name, "null"}
		return &out
	}
	return &Schema{AnyOf: []*Schema{of, {Type: "null"}}}
}

// reference defines a struct, unless it is defined already, and returns a reference
// to it. A struct without a name is described in place.
func (s *schemas) reference(t reflect.Type) *Schema {
	name := s.name(t)
	if name == "" {
		return s.structure(t)
	}
	if s.defined[name] == nil {
		s.defined[name] = &Schema{} // for types that contain themselves
		*s.defined[name] = *s.structure(t)
	}
	return &Schema{Ref: "#/components/schemas/" + name}
}

func (s *schemas) name(t reflect.Type) string {
	if t.Name() == "" {
		return ""
	}
	name, in := capital(plainName(t.Name())), capital(path.Base(t.PkgPath()))
	if t.PkgPath() == s.trim || strings.HasPrefix(name, in) {
		return name
	}
	return in + name
}

// plainName returns the name of a type without the brackets of its type arguments:
// Change[vega/daemon/plan.Load] becomes ChangeLoad.
func plainName(name string) string {
	name, arguments, generic := strings.Cut(name, "[")
	if !generic {
		return name
	}
	for argument := range strings.SplitSeq(strings.TrimSuffix(arguments, "]"), ",") {
		name += capital(plainName(argument[strings.LastIndex(argument, ".")+1:]))
	}
	return name
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// structure describes the fields of a struct. Those of an embedded struct without a
// name of its own are fields of the struct itself; outer ones hide inner ones.
func (s *schemas) structure(t reflect.Type) *Schema {
	out := &Schema{Type: "object", Properties: map[string]*Schema{}}
	s.fields(t, out)
	slices.Sort(out.Required)
	return out
}

func (s *schemas) fields(t reflect.Type, out *Schema) {
	for _, embedded := range []bool{false, true} {
		for f := range t.Fields() {
			name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
			inlined := f.Anonymous && name == ""
			if inlined != embedded || name == "-" || !f.IsExported() && !inlined {
				continue
			}
			if inlined {
				s.fields(f.Type, out) // panics for a pointer, whose fields may be absent
				continue
			}
			if name = cmp.Or(name, f.Name); out.Properties[name] != nil {
				continue
			}
			out.Properties[name] = s.of(f.Type)
			if !strings.Contains(options, "omitempty") && !strings.Contains(options, "omitzero") {
				out.Required = append(out.Required, name)
			}
		}
	}
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

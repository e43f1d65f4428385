package reference

import (
	"encoding/json"
	"io"
	"slices"
	"strings"

	"vega/daemon/config/schema"
)

// jsonSchema is the part of JSON Schema, draft 2020-12, that the table needs.
type jsonSchema struct {
	Schema      string   `json:"$schema,omitempty"`
	Ref         string   `json:"$ref,omitempty"`
	Title       string   `json:"title,omitempty"`
	Description string   `json:"description,omitempty"`
	Default     any      `json:"default,omitempty"`
	Examples    []string `json:"examples,omitempty"`
	WriteOnly   bool     `json:"writeOnly,omitempty"` // a secret

	Type    string   `json:"type,omitempty"`
	Const   any      `json:"const,omitempty"`
	Enum    []string `json:"enum,omitempty"`
	Pattern string   `json:"pattern,omitempty"`
	Length  int      `json:"maxLength,omitempty"`
	Minimum *float64 `json:"minimum,omitempty"`
	Maximum *float64 `json:"maximum,omitempty"`

	Properties           map[string]*jsonSchema `json:"properties,omitempty"`
	PropertyNames        *jsonSchema            `json:"propertyNames,omitempty"`
	AdditionalProperties any                    `json:"additionalProperties,omitempty"` // false, or a *jsonSchema
	Required             []string               `json:"required,omitempty"`

	Items    *jsonSchema `json:"items,omitempty"`
	MinItems int         `json:"minItems,omitempty"`
	MaxItems int         `json:"maxItems,omitempty"`

	AnyOf []*jsonSchema `json:"anyOf,omitempty"`
	AllOf []*jsonSchema `json:"allOf,omitempty"`
	Not   *jsonSchema   `json:"not,omitempty"`
	If    *jsonSchema   `json:"if,omitempty"`
	Then  *jsonSchema   `json:"then,omitempty"`

	Defs map[string]*jsonSchema `json:"$defs,omitempty"`
}

const jsonSchemaPurpose = ` For completion in editors, and for tools that check structure. It describes JSON as converters from HCL write it (hcl2json, conftest): a block is an object, or a list with one; blocks with a name are an object by name; what is evaluated stays text, such as "${env(\"NAME\")}". vega does not read JSON. Use vega validate config to check everything else: bounds of durations, references, grants.`

// WriteJSONSchema writes the structure of the file as a JSON Schema.
func (d *Docs) WriteJSONSchema(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(d.jsonSchema())
}

func (d *Docs) jsonSchema() *jsonSchema {
	m := schemaMaker{constant: d.table == schema.ManifestTable, defs: map[string]*jsonSchema{}}
	root := m.object("", d.table)
	root.Schema, root.Title = "https://json-schema.org/draft/2020-12/schema", d.whole.Title
	root.Description = d.whole.Doc + jsonSchemaPurpose
	if !m.constant {
		m.defs[expression] = &jsonSchema{
			Type: "string", Pattern: `\$\{`,
			Description: `An evaluated value: a reference, a call of env, env_set or file, or a text that contains one.`,
		}
		m.bind(m.defs["integration"], d.modules)
		m.module(m.defs["scrape_module"], d.modules)
		m.services(m.defs[notifierName])
	}
	root.Defs = m.defs
	return root
}

// expression is the name of the definition of evaluated values.
const expression = "expression"

// schemaMaker turns blocks into definitions, by their dotted names.
type schemaMaker struct {
	constant bool // nothing is evaluated
	defs     map[string]*jsonSchema
}

func refTo(def string) *jsonSchema { return &jsonSchema{Ref: "#/$defs/" + def} }

// object describes the content of a block. name is its dotted name with a dot at
// the end, or "".
func (m schemaMaker) object(name string, s *schema.Block) *jsonSchema {
	out := &jsonSchema{Type: "object", Description: s.Doc, Properties: map[string]*jsonSchema{}, AdditionalProperties: false}
	if s.Open {
		out.Properties, out.AdditionalProperties = nil, nil
	}
	for i := range s.Rows {
		r := &s.Rows[i]
		out.Properties[r.Name] = m.attribute(r)
		if r.Required {
			out.Required = append(out.Required, r.Name)
		}
	}
	for _, b := range s.Blocks {
		def := name + b.Name
		m.defs[def] = m.object(def+".", b)
		out.Properties[b.Name] = m.block(b, def)
	}
	return out
}

// block describes where blocks of a kind belong. def is their definition.
func (m schemaMaker) block(s *schema.Block, def string) *jsonSchema {
	limit := 1
	if s.Repeat {
		limit = 0
	}
	out := inList(refTo(def), limit)
	if s.Label != "" {
		names := &jsonSchema{Pattern: namePattern, Length: maxName}
		if t := takenNames(s); len(t) > 0 {
			names.Not = &jsonSchema{Enum: t}
		}
		out = &jsonSchema{Type: "object", PropertyNames: names, AdditionalProperties: out}
	}
	out.Description = s.Doc
	return out
}

// inList returns the schema of a block, or of a list of at most limit blocks; 0 is
// any number.
func inList(s *jsonSchema, limit int) *jsonSchema {
	return &jsonSchema{AnyOf: []*jsonSchema{s, {Type: "array", Items: s, MinItems: 1, MaxItems: limit}}}
}

func takenNames(s *schema.Block) []string {
	var out []string
	for id := range schema.Taken {
		if kind, name, _ := strings.Cut(id, " "); kind == s.Name {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

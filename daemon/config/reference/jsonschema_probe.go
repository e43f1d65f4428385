package reference

import (
	"vega/daemon/config/diag"
	"vega/daemon/config/schema"
	"vega/plugins/manifest"
)

// Patterns of the names of blocks.
const (
	namePattern = `^[a-z][a-z0-9_-]*$`
	maxName     = 64
)

// bind makes the config block of an integration depend on its probe. Attributes
// are required only if the integration is enabled, which an expression leaves
// open.
func (m schemaMaker) bind(integration *jsonSchema, modules []manifest.Found) {
	enabled := map[string]*jsonSchema{"enabled": {Const: true}} // or not written
	integration.AllOf = append(integration.AllOf, &jsonSchema{
		If: &jsonSchema{Properties: enabled}, Then: &jsonSchema{Required: integration.Required},
	})
	integration.Required = nil
	known := integration.Properties["probe"]
	for _, f := range modules {
		if f.Module == nil {
			continue
		}
		for i := range f.Module.Manifest.Probes {
			p := &f.Module.Manifest.Probes[i]
			name := f.Module.Manifest.Name + "." + p.Name
			known.Examples = append(known.Examples, name)
			integration.AllOf = append(integration.AllOf, m.probe(name, p)...)
		}
	}
}

// module makes the config block of a module for GET /probe depend on its probe. No
// option is required, because the target is set in one of them.
func (m schemaMaker) module(module *jsonSchema, modules []manifest.Found) {
	for _, f := range modules {
		if f.Module == nil {
			continue
		}
		for i := range f.Module.Manifest.Probes {
			name := f.Module.Manifest.Name + "." + f.Module.Manifest.Probes[i].Name
			module.AllOf = append(module.AllOf, &jsonSchema{
				If:   &jsonSchema{Properties: map[string]*jsonSchema{"probe": boundTo(name)}, Required: []string{"probe"}},
				Then: &jsonSchema{Properties: map[string]*jsonSchema{"config": inList(refTo(name), 1)}},
			})
		}
	}
}

// boundTo matches a reference to a probe.
func boundTo(probe string) *jsonSchema {
	return &jsonSchema{Enum: []string{probe, "${" + probe + "}"}}
}

// probe defines the probe's options, and when they apply.
func (m schemaMaker) probe(name string, p *manifest.Probe) []*jsonSchema {
	def := m.object(name+".", schema.ForProbe(p))
	def.Description = diag.Clean(p.Summary)
	required := def.Required
	def.Required = nil
	m.defs[name] = def
	bound := boundTo(name)
	out := []*jsonSchema{{
		If:   &jsonSchema{Properties: map[string]*jsonSchema{"probe": bound}, Required: []string{"probe"}},
		Then: &jsonSchema{Properties: map[string]*jsonSchema{"config": inList(refTo(name), 1)}},
	}}
	if required == nil {
		return out
	}
	all := inList(&jsonSchema{Type: "object", Required: required}, 1)
	return append(out, &jsonSchema{
		If:   &jsonSchema{Properties: map[string]*jsonSchema{"probe": bound, "enabled": {Const: true}}, Required: []string{"probe"}},
		Then: &jsonSchema{Properties: map[string]*jsonSchema{"config": all}, Required: []string{"config"}},
	})
}

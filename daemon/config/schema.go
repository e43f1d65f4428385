package config

import (
	"slices"

	"vega/plugins/manifest"
)

// Types of vega's own attributes, beside those that plugins may use.
const (
	pathType  manifest.Type = "path"     // made absolute from the file that names it
	wholeType manifest.Type = "whole"    // a number without a fraction
	probeType manifest.Type = "probe"    // a reference: plugin.probe
	boundType manifest.Type = "bound"    // a number, or a duration or size as text
	valueType manifest.Type = "anything" // a default in a manifest: any literal

	integrationType manifest.Type = "integration" // a reference: integration.NAME
	figureType      manifest.Type = "figure"      // a reference: system.memory.percent
	amountType      manifest.Type = "amount"      // a number, or a size or duration as text, as the figure asks
)

// row is an attribute that may be written. A plugin's options are rows of the
// same kind, made from its manifest.
type row struct {
	manifest.Option
	// public says that a value of env() here is no secret: a port or a path.
	public bool
	// dns says that an address may lack its port, which is then 53.
	dns bool
	// wanted says that an enabled integration that refers to it needs it set.
	wanted bool
	// login says that it is a secret for the password in it, if there is one.
	login bool
	// bare says that it reaches the probe as it is, so that no secret may stand
	// in it: the arguments of a command.
	bare  bool
	usual *usual
}

// schema is a block that may be written, with what may stand in it.
type schema struct {
	name   string
	doc    string
	label  string // what stands in quotes after it: "name", "kind"; "" for nothing
	repeat bool   // the same name may be given again
	open   bool   // what stands in it is known only later: a probe's options
	rows   []row
	blocks []*schema
}

func (s *schema) row(name string) *row {
	for i := range s.rows {
		if s.rows[i].Name == name {
			return &s.rows[i]
		}
	}
	return nil
}

func (s *schema) block(name string) *schema {
	i := slices.IndexFunc(s.blocks, func(b *schema) bool { return b.name == name })
	if i < 0 {
		return nil
	}
	return s.blocks[i]
}

// names are all that may be written in it.
func (s *schema) names() []string {
	var out []string
	for _, r := range s.rows {
		out = append(out, r.Name)
	}
	for _, b := range s.blocks {
		out = append(out, b.name)
	}
	return out
}

func (s *schema) blockNames() []string {
	var out []string
	for _, b := range s.blocks {
		out = append(out, b.name)
	}
	return out
}

// home finds where else a name may be written.
func (s *schema) home(name string) string {
	for _, b := range s.blocks {
		if b.row(name) != nil || b.block(name) != nil {
			return b.name
		}
		if in := b.home(name); in != "" {
			return b.name + " { " + in
		}
	}
	return ""
}

// eachRow calls yield for every attribute of the schema and what is in it.
func (s *schema) eachRow(yield func(*row)) {
	for i := range s.rows {
		yield(&s.rows[i])
	}
	for _, b := range s.blocks {
		b.eachRow(yield)
	}
}

// title names the block for a person.
func (s *schema) title() string {
	if s.name == "" {
		return "The file"
	}
	return s.name
}

// probeSchema is the config block of an integration of the probe.
func probeSchema(p *manifest.Probe) *schema {
	s := &schema{name: "config"}
	for _, o := range p.Options {
		s.rows = append(s.rows, row{Option: o})
	}
	for _, k := range p.Capabilities {
		for _, name := range k.From {
			if r := s.row(name); r != nil && k.Kind == manifest.DNS {
				r.dns = true
			}
		}
	}
	return s
}

// Package schema holds the tables of options: what vega.hcl and plugin.hcl can
// contain, and what a plugin's options add. Binding, evaluation, the reference
// and the JSON Schema all use the same tables.
package schema

import (
	"slices"
	"strings"

	"vega/plugins/manifest"
)

// Types of vega's own attributes, in addition to those of plugins.
const (
	Path     manifest.Type = "path"     // made absolute from the file that names it
	Whole    manifest.Type = "whole"    // a number without a fraction
	Probe    manifest.Type = "probe"    // a reference: plugin.probe
	Bound    manifest.Type = "bound"    // a number, or a duration or size as text
	Anything manifest.Type = "anything" // a default in a manifest: any literal

	Integration manifest.Type = "integration" // a reference: integration.NAME
	Notifier    manifest.Type = "notifier"    // a reference: notifier.NAME
	Selector    manifest.Type = "selector"    // of integrations, as text
	Figure      manifest.Type = "figure"      // a reference: system.memory.percent
	Targets     manifest.Type = "targets"     // of for_each: a literal map or list
	Quantity    manifest.Type = "amount"      // a number, or a size or duration as text, as the metric requires
)

// Row describes an attribute. A plugin's options are rows too, made from its
// manifest.
type Row struct {
	manifest.Option
	// Public means that a value of env() is not secret here, such as a port or
	// a path.
	Public bool
	// DNS means that the probe queries the value: a name, or the address of a
	// server, whose port is optional and defaults to 53.
	DNS bool
	// Wanted means that the attribute must be set if an enabled integration
	// refers to it.
	Wanted bool
	// Login means that only the password in the value is secret.
	Login bool
	// Guest means that the value is passed to a guest.
	Guest bool
	// Argument means that the value is passed to the probe unchanged, as a
	// command argument, so it cannot contain a secret.
	Argument bool
	Usual    *usual
	// Object describes the elements of a list of objects.
	Object *Block
}

// Block describes a block and what it can contain.
type Block struct {
	Name   string
	Doc    string
	Label  string // what the quoted label is: "name", "kind"; "" for no label
	Repeat bool   // the same name may be given again
	Open   bool   // its attributes are known only later: a probe's options
	Rows   []Row
	Blocks []*Block
	// Renamed maps former names of attributes to the current ones.
	Renamed map[string]string
}

// Row returns the attribute of that name, or nil.
func (s *Block) Row(name string) *Row {
	for i := range s.Rows {
		if s.Rows[i].Name == name {
			return &s.Rows[i]
		}
	}
	return nil
}

// Block returns the block of that name, or nil.
func (s *Block) Block(name string) *Block {
	i := slices.IndexFunc(s.Blocks, func(b *Block) bool { return b.Name == name })
	if i < 0 {
		return nil
	}
	return s.Blocks[i]
}

// Names returns the names of all attributes and blocks that the block can
// contain.
func (s *Block) Names() []string {
	var out []string
	for _, r := range s.Rows {
		out = append(out, r.Name)
	}
	for _, b := range s.Blocks {
		out = append(out, b.Name)
	}
	return out
}

// BlockNames returns the names of the blocks in it.
func (s *Block) BlockNames() []string {
	var out []string
	for _, b := range s.Blocks {
		out = append(out, b.Name)
	}
	return out
}

// Home returns another block that can contain a name, as text for a message.
func (s *Block) Home(name string) string {
	for _, b := range s.Blocks {
		if b.Row(name) != nil || b.Block(name) != nil {
			return b.Name + " { }"
		}
		if in := b.Home(name); in != "" {
			return in + " in " + b.Name + " { }"
		}
	}
	return ""
}

// eachRow calls yield for every attribute of the schema and what is in it.
func (s *Block) eachRow(yield func(*Row)) {
	for i := range s.Rows {
		yield(&s.Rows[i])
		if in := s.Rows[i].Object; in != nil {
			in.eachRow(yield)
		}
	}
	for _, b := range s.Blocks {
		b.eachRow(yield)
	}
}

// Title returns the name of the block for messages.
func (s *Block) Title() string {
	if s.Name == "" {
		return "The file"
	}
	return s.Name
}

// ForProbe returns the config block for integrations of a probe.
func ForProbe(p *manifest.Probe) *Block {
	s := &Block{Name: "config", Rows: forOptions(p.Options)}
	for _, k := range p.Capabilities {
		for _, from := range k.From {
			if r := s.target(from); r != nil && k.Kind == manifest.DNS {
				r.DNS = true
			}
		}
	}
	return s
}

func forOptions(options []manifest.Option) []Row {
	var rows []Row
	for _, o := range options {
		r := Row{Option: o, Guest: true}
		if o.Element() == manifest.Object {
			r.Object = &Block{Name: o.Name, Doc: o.Description, Rows: forOptions(o.Fields)}
		}
		rows = append(rows, r)
	}
	return rows
}

// target returns the row that an entry of Capability.From names, or nil.
func (s *Block) target(from string) *Row {
	name, field, nested := strings.Cut(from, ".")
	r := s.Row(name)
	if r != nil && nested {
		return r.Object.Row(field)
	}
	return r
}

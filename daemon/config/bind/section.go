// Package bind compares the blocks and attributes of a configuration with the
// table of options. Bind reports names that are not in the table. It does not
// evaluate values.
package bind

import (
	"fmt"
	"slices"

	"vega/daemon/config/diag"
	"vega/daemon/config/schema"
	"vega/daemon/config/syntax"
	"vega/plugins/manifest"
)

// Section is a block, or the file itself, bound to its schema.
type Section struct {
	Schema *schema.Block
	Name   string
	Owner  string // for a config block: the integration, as shown in messages
	Head   diag.Place
	Slots  []*Slot
	Blocks []*Section
	Raw    *syntax.Block // of an open block
	Broken bool          // part of it could not be parsed
	Strays []string      // names in it that belong elsewhere, and are reported
	// Unwritten means that the block is not in the file. Head is then that of
	// the enclosing block.
	Unwritten bool
	// Off means that the section belongs to a disabled integration, in which
	// values may be missing.
	Off bool
}

// Slot is an attribute that was written. Its value is evaluated on first use,
// so that references may point in any direction.
type Slot struct {
	Row   *schema.Row
	At    diag.Place // of the name
	Expr  *syntax.Expr
	Value manifest.Value
	State State
	// Objects are the elements of a list of objects, once it is evaluated.
	Objects []*Section
}

// State says whether a slot has been evaluated, and the kind of result.
type State uint8

// The states.
const (
	Unread State = iota
	Reading
	Present
	Unknown // env() of a variable that is only set elsewhere
	Absent  // env() of a variable that is not set, or a reference to nothing set
	Bad     // invalid, and reported already
)

// Slot returns the attribute of that name, nil if it was not written.
func (s *Section) Slot(name string) *Slot {
	i := slices.IndexFunc(s.Slots, func(t *Slot) bool { return t.Row.Name == name })
	if i < 0 {
		return nil
	}
	return s.Slots[i]
}

// Unsure reports whether an attribute's value is uncertain, because a mistake
// in it is reported already or because it depends on another environment.
func (s *Section) Unsure(name string) bool {
	t := s.Slot(name)
	return t != nil && t.Unsure()
}

// Misses reports whether a required attribute is missing because it was written
// elsewhere, or in parts, which is reported already.
func (s *Section) Misses(r *schema.Row) bool {
	return slices.Contains(s.Strays, r.Name) || s.Schema.Name == "config" && len(s.Strays) > 0 && (r.Type == manifest.Address || r.Type == manifest.URL) && slices.Contains(s.Strays, "port")
}

// Within returns the section, and those of the objects in it.
func (s *Section) Within() []*Section {
	all := []*Section{s}
	for _, t := range s.Slots {
		all = append(all, t.Objects...)
	}
	return all
}

// AnyUnsure reports whether the value of one of the attributes is uncertain.
func (s *Section) AnyUnsure() bool { return slices.ContainsFunc(s.Slots, (*Slot).Unsure) }

// Unsure reports whether the attribute's value is uncertain.
func (t *Slot) Unsure() bool { return t.State == Bad || t.State == Unknown }

// Element returns the place of an element of a list, or that of the whole value
// if it is not a list.
func (t *Slot) Element(n int) diag.Place {
	if t.Expr.Kind == syntax.ListExpr && n < len(t.Expr.Items) {
		return t.Expr.Items[n].At
	}
	return t.Expr.At
}

// Place returns the place of an attribute's value, or of the block if the
// attribute is not set.
func (s *Section) Place(name string) diag.Place {
	if t := s.Slot(name); t != nil {
		return t.Expr.At
	}
	return s.Head
}

// Block returns the block of that kind, or an empty one if there isn't one.
func (s *Section) Block(name string) *Section {
	for _, b := range s.Blocks {
		if b.Schema.Name == name {
			return b
		}
	}
	return &Section{Schema: s.Schema.Block(name), Head: s.Head, Broken: s.Broken, Off: s.Off}
}

// Has reports whether there is a block of that kind.
func (s *Section) Has(name string) bool {
	return slices.ContainsFunc(s.Blocks, func(b *Section) bool { return b.Schema.Name == name })
}

// All returns the blocks of that kind in order.
func (s *Section) All(name string) []*Section {
	var out []*Section
	for _, b := range s.Blocks {
		if b.Schema.Name == name {
			out = append(out, b)
		}
	}
	return out
}

// Disable marks the section, and the blocks in it, as belonging to a disabled
// integration.
func (s *Section) Disable() {
	s.Off = true
	for _, b := range s.Blocks {
		b.Disable()
	}
}

// Release drops the parsed content of the section once it is built, to free
// memory in large configurations.
func (s *Section) Release() { s.Slots, s.Blocks, s.Raw = nil, nil, nil }

// Title returns the name of the section for messages.
func (s *Section) Title() string {
	if s.Owner != "" {
		return s.Owner + ": " + s.Schema.Name
	}
	if s.Name != "" {
		return fmt.Sprintf("%s %q", s.Schema.Name, diag.Clip(s.Name))
	}
	return s.Schema.Title()
}

// EachExpr calls yield with every expression in the section and its blocks.
func (s *Section) EachExpr(yield func(*syntax.Expr)) {
	for _, t := range s.Slots {
		t.Expr.Each(yield)
	}
	for _, b := range s.Blocks {
		b.EachExpr(yield)
	}
	if s.Raw != nil {
		s.Raw.Body.EachExpr(yield)
	}
}

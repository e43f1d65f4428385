package config

import (
	"fmt"
	"maps"

	"vega/daemon/config/bind"
	"vega/daemon/config/diag"
	"vega/plugins/manifest"
)

// defaults holds the values of the defaults block.
type defaults struct {
	*stage
	block *bind.Section
	used  map[string]bool
}

func newDefaults(s *stage) *defaults {
	return &defaults{s, s.root.Block("defaults"), map[string]bool{}}
}

// evaluate evaluates the block once, so that a mistake in it is reported once.
func (d *defaults) evaluate() { d.ev.Evaluate(d.block) }

// inherit adds to an integration the defaults of what it does not set, and the
// default labels that it does not have.
func (d *defaults) inherit(s *bind.Section) {
	for _, t := range d.block.Slots {
		own := s.Slot(t.Row.Name)
		switch {
		case own == nil:
			d.used[t.Row.Name] = true
			s.Slots = append(s.Slots, t)
		case own.State == bind.Present && t.State == bind.Present && t.Row.Type == manifest.Map:
			d.used[t.Row.Name] = true
			all := maps.Clone(t.Value.(map[string]manifest.Value))
			maps.Copy(all, own.Value.(map[string]manifest.Value))
			own.Value = all
		}
	}
}

// gives reports whether an integration takes an attribute from the block.
func (d *defaults) gives(s *bind.Section, name string) bool {
	t := s.Slot(name)
	return t != nil && t == d.block.Slot(name)
}

// unused warns of defaults that no integration takes.
func (d *defaults) unused(integrations int) {
	for _, t := range d.block.Slots {
		switch {
		case d.used[t.Row.Name]:
		case integrations == 0:
			d.out.Warn(diag.UnusedValue, t.At, fmt.Sprintf("There is no integration, so the default of %s has no effect.", t.Row.Name), "remove it")
		default:
			d.out.Warn(diag.UnusedValue, t.At, fmt.Sprintf("Every integration sets %s, so this default has no effect.", t.Row.Name), "remove it, or remove the values that equal it from the integrations")
		}
	}
}

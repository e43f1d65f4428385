package schema

import (
	"slices"

	"vega/plugins/manifest"
)

// apart are the blocks whose attributes are secret there only: url, for example, is a
// secret of a notifier, and none of an integration.
var apart = []string{"notifier", "dead_man", "telemetry"}

// Public returns a function that reports whether the value of an attribute may
// be shown. The attribute's name must be known, and not sensitive in any block, or in
// the block itself if that is one of apart. block is the word that begins the
// top-level block or attribute around it; if that is not known, the name must not be
// sensitive anywhere.
func Public(t *Block, modules []manifest.Found) func(block, name string) bool {
	usual, strict := names{}, map[string]names{}
	for i := range t.Rows {
		usual.note(&t.Rows[i])
	}
	for _, b := range t.Blocks {
		if slices.Contains(apart, b.Name) {
			strict[b.Name] = names{}
			b.eachRow(strict[b.Name].note)
		} else {
			b.eachRow(usual.note)
		}
	}
	for _, f := range modules {
		if f.Module == nil {
			continue
		}
		for i := range f.Module.Manifest.Probes {
			ForProbe(&f.Module.Manifest.Probes[i]).eachRow(usual.note)
		}
	}
	return func(block, name string) bool {
		if own := strict[block]; own != nil {
			return own[name]
		}
		if t.Block(block) != nil || t.Row(block) != nil {
			return usual[name]
		}
		for _, of := range strict {
			if shown, known := of[name]; known && !shown {
				return false
			}
		}
		return usual[name]
	}
}

// names maps attributes to whether their values may be shown wherever they occur.
type names map[string]bool

func (n names) note(r *Row) {
	if shown, known := n[r.Name]; shown || !known {
		n[r.Name] = !r.Sensitive
	}
}

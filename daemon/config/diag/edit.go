package diag

import (
	"cmp"
	"errors"
	"slices"
)

// Edit replaces a part of a file.
type Edit struct {
	Range Range  `json:"range"`
	Text  string `json:"text"`
}

// edit is an Edit whose line and column are not looked up yet. Its text
// consists of what is known to be public: names of attributes, of allowed
// values, of references.
type edit struct {
	at   Place
	text string
}

// Replace adds an edit that replaces a place with text.
func (p *Problem) Replace(at Place, text string) {
	if !p.unfixable && !at.Source.Data {
		p.edits = append(p.edits, edit{at, text})
	}
}

// Suggest replaces a place with a name; "" does nothing.
func (p *Problem) Suggest(at Place, name string) {
	if name != "" {
		p.Replace(at, name)
	}
}

// resolve looks up the positions of edits. It drops them all if one holds a
// secret.
func resolve(edits []edit, scrub func(string) string) []Edit {
	var out []Edit
	for _, e := range edits {
		if scrub(Clean(e.text)) != e.text {
			return nil
		}
		out = append(out, Edit{e.at.Range(), e.text})
	}
	return out
}

var errEdits = errors.New("the file has changed since the edits were made")

// Apply returns the text of a file with edits applied. Edits must not overlap.
func Apply(src []byte, edits []Edit) ([]byte, error) {
	edits = slices.SortedFunc(slices.Values(edits), func(a, b Edit) int {
		return cmp.Or(cmp.Compare(a.Range.Start.Byte, b.Range.Start.Byte), cmp.Compare(a.Range.End.Byte, b.Range.End.Byte))
	})
	var out []byte
	at := 0
	for _, e := range edits {
		from, to := e.Range.Start.Byte, e.Range.End.Byte
		if from < at || to < from || to > len(src) {
			return nil, errEdits
		}
		out = append(append(out, src[at:from]...), e.Text...)
		at = to
	}
	return append(out, src[at:]...), nil
}

// Editable returns the diagnostics that have edits.
func (ds Diagnostics) Editable() Diagnostics {
	var some Diagnostics
	for _, d := range ds {
		if len(d.Edits) > 0 {
			some = append(some, d)
		}
	}
	return some
}

// EditsIn returns the edits of one file, without those that overlap an earlier
// edit.
func (ds Diagnostics) EditsIn(name string) []Edit {
	var all []Edit
	end := 0
	for _, d := range ds { // in order of position
		for _, e := range d.Edits {
			if e.Range.Filename == name && e.Range.Start.Byte >= end {
				all = append(all, e)
				end = e.Range.End.Byte
			}
		}
	}
	return all
}

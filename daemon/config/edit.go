package config

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

// edit is one before its place is looked up. Its text is made of what is known
// to be public: names of attributes, of allowed values, of references.
type edit struct {
	at   place
	text string
}

// replacing has the fix done by a machine as well.
func (p *problem) replacing(at place, text string) { p.edits = append(p.edits, edit{at, text}) }

// renaming is replacing, if there is a name that was meant.
func (p *problem) renaming(at place, name string) {
	if name != "" {
		p.replacing(at, name)
	}
}

// editsOf leaves all of them out if one holds what is hidden elsewhere.
func editsOf(edits []edit, scrub func(string) string) []Edit {
	var out []Edit
	for _, e := range edits {
		if scrub(clean(e.text)) != e.text {
			return nil
		}
		out = append(out, Edit{e.at.rng(), e.text})
	}
	return out
}

var errEdits = errors.New("the file is not the one that the edits are for")

// Apply makes edits in the text of the file that they are of. They must not
// overlap.
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

func (ds Diagnostics) editable() Diagnostics {
	var some Diagnostics
	for _, d := range ds {
		if len(d.Edits) > 0 {
			some = append(some, d)
		}
	}
	return some
}

// editsIn are the edits of one file. Those of a diagnostic that overlap with
// others come in the next round.
func (ds Diagnostics) editsIn(name string) []Edit {
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

func (ds Diagnostics) of(code Code) int {
	n := 0
	for _, d := range ds {
		if d.Code == code {
			n++
		}
	}
	return n
}

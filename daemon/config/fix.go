package config

import (
	"vega/daemon/config/diag"
)

// maxTries bounds how often Fix looks again: what is mended can show what stood
// behind it, and edits that can't be made together are tried apart.
const maxTries = 300

// Fixed is a file with the edits of its diagnostics made.
type Fixed struct {
	Path          string
	Before, After []byte
}

// Fix makes the edits that diagnostics have, as long as there are any, and
// returns the files that differ then and what is left to mend by hand. An edit
// that would leave more errors than it takes away is not made. Nothing is
// written.
func Fix(path string, o Options) ([]Fixed, diag.Diagnostics) {
	out := &diag.Collector{}
	s := readSources(path, out)
	s.host, s.port = o.Host, o.Port
	if out.Errors() > 0 { // a file that can't be read
		_, ds := s.decode(o, out)
		return nil, ds
	}
	original := s.files
	_, now := s.decode(o, &diag.Collector{})
	for tries := maxTries; tries > 0; {
		next, ds := s.mended(o, now, now.Editable(), &tries)
		if next == nil {
			break
		}
		s, now = next, ds
	}
	var fixed []Fixed
	for i, f := range s.files {
		if before := original[i].Text; string(before) != string(f.Text) {
			fixed = append(fixed, Fixed{f.Name, before, f.Text})
		}
	}
	return fixed, now
}

// mended is s with edits made: those of all diagnostics, or else of as many in
// a row as can be made together; nil if none can, or when there are no tries
// left.
func (s *sources) mended(o Options, now, editable diag.Diagnostics, tries *int) (*sources, diag.Diagnostics) {
	if len(editable) == 0 || *tries == 0 {
		return nil, nil
	}
	*tries--
	if next, ds := s.try(o, now, editable); next != nil || len(editable) == 1 {
		return next, ds
	}
	half := len(editable) / 2
	if next, ds := s.mended(o, now, editable[:half], tries); next != nil {
		return next, ds
	}
	return s.mended(o, now, editable[half:], tries)
}

func (s *sources) try(o Options, now, editable diag.Diagnostics) (*sources, diag.Diagnostics) {
	next := *s
	next.files = make([]*diag.Source, len(s.files))
	for i, f := range s.files {
		src, err := diag.Apply(f.Text, editable.EditsIn(f.Name))
		if err != nil {
			return nil, nil
		}
		next.files[i] = &diag.Source{Name: f.Name, Dir: f.Dir, Order: f.Order, Text: src}
	}
	_, ds := next.decode(o, &diag.Collector{})
	if ds.Count(diag.Error) > now.Count(diag.Error) || ds.CountCode(diag.Twice) > now.CountCode(diag.Twice) || ds.CountCode(diag.Syntax) > now.CountCode(diag.Syntax) {
		return nil, nil
	}
	return &next, ds
}

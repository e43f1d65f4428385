package config

import (
	"vega/daemon/config/diag"
	"vega/daemon/config/input"
)

// maxTries bounds how often Fix judges a configuration again: one fix can reveal
// the next mistake, and edits that can't be made together are tried apart.
const maxTries = 300

// Fixed is a file with the edits of its diagnostics made.
type Fixed struct {
	Path          string
	Before, After []byte
}

// Fix makes the edits that diagnostics have, as long as there are any. It
// returns the files that changed, and what is left to fix by hand. It does not
// make an edit that would leave more errors than it removes, and writes nothing.
func Fix(path string, o Options) ([]Fixed, diag.Diagnostics) {
	out := &diag.Collector{}
	in := read(path, o, out)
	if out.Errors() > 0 { // a file can't be read
		_, ds := judge(in, o, out)
		return nil, ds
	}
	original := in.Files
	f := fixer{in: in, options: o, tries: maxTries}
	_, f.now = judge(in, o, &diag.Collector{})
	for f.step(f.now.Editable()) {
	}
	var fixed []Fixed
	for i, file := range f.in.Files {
		if before := original[i].Text; string(before) != string(file.Text) {
			fixed = append(fixed, Fixed{file.Name, before, file.Text})
		}
	}
	return fixed, f.now
}

// fixer makes edits in files, step by step.
type fixer struct {
	in      *input.Set
	options Options
	now     diag.Diagnostics // of in
	tries   int
}

// step makes the edits of diagnostics: all of them, or else as many in a row as
// can be made together. It reports false if none can be made, or when no tries
// are left.
func (f *fixer) step(editable diag.Diagnostics) bool {
	if len(editable) == 0 || f.tries == 0 {
		return false
	}
	f.tries--
	if f.try(editable) {
		return true
	}
	half := len(editable) / 2
	return half > 0 && (f.step(editable[:half]) || f.step(editable[half:]))
}

// try makes edits, unless they leave more errors.
func (f *fixer) try(editable diag.Diagnostics) bool {
	files := make([]*diag.Source, len(f.in.Files))
	for i, file := range f.in.Files {
		text, err := diag.Apply(file.Text, editable.EditsIn(file.Name))
		if err != nil {
			return false
		}
		files[i] = &diag.Source{Name: file.Name, Dir: file.Dir, Order: file.Order, Text: text}
	}
	next := f.in.WithFiles(files)
	_, ds := judge(next, f.options, &diag.Collector{})
	if ds.Count(diag.Error) > f.now.Count(diag.Error) || ds.CountCode(diag.Twice) > f.now.CountCode(diag.Twice) || ds.CountCode(diag.Syntax) > f.now.CountCode(diag.Syntax) {
		return false
	}
	f.in, f.now = next, ds
	return true
}

package config

import (
	"vega/daemon/config/diag"
	"vega/daemon/config/input"
)

// maxTries limits how often Fix validates a configuration again. One fix can
// reveal another mistake, and conflicting edits are tried separately.
const maxTries = 300

// Fixed is a file after the edits of its diagnostics.
type Fixed struct {
	Path          string
	Before, After []byte
}

// Fix applies the edits of diagnostics until none are left. It returns the
// changed files and the diagnostics left to fix by hand. It skips an edit that
// would add more errors than it removes, and writes no file.
func Fix(path string, o Options) ([]Fixed, diag.Diagnostics) {
	out := &diag.Collector{}
	in := read(path, o, out)
	if out.Errors() > 0 { // a file can't be read
		_, ds := judge(in, o, out)
		return nil, ds
	}
	f := fixer{in: in, options: o, tries: maxTries, before: map[string][]byte{}}
	_, f.now = judge(in, o, &diag.Collector{})
	f.note()
	for f.step(f.now.Editable()) {
	}
	var fixed []Fixed
	for _, file := range f.in.Files {
		if before := f.before[file.Name]; string(before) != string(file.Text) {
			fixed = append(fixed, Fixed{file.Name, before, file.Text})
		}
	}
	return fixed, f.now
}

// fixer applies edits to files, step by step.
type fixer struct {
	in      *input.Set
	options Options
	now     diag.Diagnostics // of in
	tries   int
	before  map[string][]byte // the text of each file before it was changed
}

// note notes the files that were read for the first time. A fix can make others
// be included.
func (f *fixer) note() {
	for _, file := range f.in.Files {
		if _, known := f.before[file.Name]; !known {
			f.before[file.Name] = file.Text
		}
	}
}

// step applies the edits of diagnostics: all of them or, if that fails, as many
// consecutive ones as possible. It returns false if none can be applied, or no
// tries are left.
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

// try applies edits, unless they leave more errors.
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
	f.note()
	return true
}

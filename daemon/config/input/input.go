// Package input reads the inputs of a configuration: its files, the
// environment and vega.env, the files that file() names, and who can write them.
//
// A Set keeps all of it, so that a configuration can be validated again without
// reading the disk. Otherwise, after a secret is rotated, part of the
// configuration could have the old one and part the new one.
package input

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"vega/daemon/config/diag"
	"vega/daemon/config/syntax"
	"vega/plugins/shortage"
)

// maxPolicies limits the number of files in policies/.
const maxPolicies = 256

// Set is everything that a configuration was read from.
type Set struct {
	Path  string         // absolute
	Files []*diag.Source // vega.hcl, then the policies in order
	// Short describes the resource shortage of vega or the machine that kept
	// something from being read. It is nil if everything was read.
	Short *shortage.Error
	// Host and Port are set on the command line and override the server block.
	Host string
	Port int

	missing   string // the fix for a file that does not exist
	variables map[string]*string
	contents  map[string]content // by absolute path, for file()
	tried     map[string]error   // outcomes of checks of other files
	custodies map[string]Custody
	data      map[string]data    // by absolute path, for for_each_file
	globs     map[string]matched // results of patterns, by absolute pattern
	env       environment
}

type content struct {
	text string
	err  error
}

// New returns a Set without files. missing is the fix for a file that does not
// exist.
func New(missing string) *Set {
	return &Set{missing: missing, variables: map[string]*string{}, contents: map[string]content{}, tried: map[string]error{}, custodies: map[string]Custody{}, data: map[string]data{}, globs: map[string]matched{}}
}

// Text returns a Set of one file whose content is in memory already.
func Text(name, text string) *Set {
	s := New("")
	s.Files = []*diag.Source{{Name: name, Text: []byte(text)}}
	return s
}

// Read reads path, the *.hcl files in the directory policies next to it, but not
// in its subdirectories, and vega.env next to it. Unless it is empty, policies names another directory.
func Read(path, policies string, out *diag.Collector) *Set {
	s := New("create one with `vega init`, or name another with -c FILE; without -c, vega reads vega.hcl in this directory, or else /etc/vega/vega.hcl")
	abs, err := filepath.Abs(path)
	if err != nil {
		abs = path
	}
	s.Path = abs
	s.Add(path, filepath.Dir(abs), out)
	shown, dir := filepath.Join(filepath.Dir(path), "policies"), filepath.Join(filepath.Dir(abs), "policies")
	if policies != "" {
		shown, dir = policies, policies
		if abs, err := filepath.Abs(policies); err == nil {
			dir = abs
		}
	}
	names, err := policyFiles(dir)
	s.Note(err)
	if err != nil && !closed(filepath.Dir(dir)) {
		out.Err(diag.Unreadable, s.Start(), "The directory "+shown+" cannot be read: "+Reason(err).Error()+".", "make it readable for the user that vega runs as, or remove it")
	}
	for n, name := range names {
		if n == maxPolicies {
			out.Err(diag.TooMuch, s.Start(), fmt.Sprintf("The directory policies has more than %d files.", maxPolicies), "merge some of them")
			break
		}
		s.Add(filepath.Join(shown, name), dir, out)
	}
	s.readEnvironment(path, out)
	return s
}

// closed reports whether this process may not look for files in a directory. Then a
// file that it asks for need not exist.
func closed(dir string) bool {
	_, err := os.Lstat(filepath.Join(dir, EnvFile))
	return errors.Is(err, fs.ErrPermission)
}

// Include reads one more file, with an absolute path, which is included at a
// place. It reports a file that cannot be read there.
func (s *Set) Include(full, shown string, at diag.Place, out *diag.Collector) *diag.Source {
	before := s.missing
	s.missing = fmt.Sprintf("create it, or remove it from include (%s)", at)
	s.Add(shown, filepath.Dir(full), out)
	s.missing = before
	return s.Files[len(s.Files)-1]
}

// Add reads one more file. dir is the directory that relative paths in it start
// from.
func (s *Set) Add(path, dir string, out *diag.Collector) {
	f := &diag.Source{Name: path, Dir: dir, Order: len(s.Files)}
	s.Files = append(s.Files, f)
	src, err := ReadRegular(path, syntax.MaxFile)
	s.Note(err)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		out.Err(diag.Unreadable, f.Span(0, 0), "The file does not exist.", s.missing)
	case errors.Is(err, ErrLarge):
		out.Err(diag.TooMuch, f.Span(0, 0), fmt.Sprintf("The file is larger than %d MiB.", syntax.MaxFile>>20), "move parts of it into files under policies/")
	case err != nil:
		out.Err(diag.Unreadable, f.Span(0, 0), "The file cannot be read: "+Reason(err).Error()+".", Remedy(path, err))
	default:
		f.Text = src
	}
}

// WithFiles returns the Set with the text of its files replaced.
func (s *Set) WithFiles(files []*diag.Source) *Set {
	next := *s
	next.Files = files
	return &next
}

// Start returns the place where the first file begins.
func (s *Set) Start() diag.Place { return s.Files[0].Span(0, 0) }

// Dir returns the directory of the first file.
func (s *Set) Dir() string { return filepath.Dir(s.Path) }

// Note records that something could not be read because of a resource shortage,
// which is not a mistake in the configuration.
func (s *Set) Note(err error) {
	if short := shortage.Of(err); short != nil && s.Short == nil {
		s.Short = short
	}
}

// Once checks another file on the first call and returns the same outcome on
// later ones, so that validating again gives the same result.
func (s *Set) Once(what string, try func() error) error {
	err, known := s.tried[what]
	if !known {
		err = try()
		s.Note(err)
		s.tried[what] = err
	}
	return err
}

package input

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"vega/daemon/config/diag"
)

// ErrPattern reports a pattern of include that is malformed.
var ErrPattern = errors.New("the pattern is malformed")

// Included returns the files that a pattern in a file matches, sorted: absolute,
// and as shown. It looks only once, so that validating again gives the same
// result.
func (s *Set) Included(pattern string, from *diag.Source) (full, shown []string, err error) {
	all, _ := s.beside(pattern, from)
	found, known := s.globs[all]
	if !known {
		found, err = matching(all)
		s.Note(err)
		s.globs[all] = found
	}
	dir := filepath.Dir(from.Name)
	for _, path := range found {
		name := path
		if rel, err := filepath.Rel(from.Dir, path); err == nil && !filepath.IsAbs(pattern) {
			name = filepath.Join(dir, rel)
		}
		shown = append(shown, name)
	}
	return found, shown, err
}

// matching returns the files that an absolute pattern matches, sorted. A
// wildcard does not match a directory, or a name that begins with a dot.
func matching(pattern string) ([]string, error) {
	if !IsPattern(pattern) {
		info, err := os.Stat(pattern)
		switch {
		case err != nil:
			return nil, err
		case info.IsDir():
			return nil, &fs.PathError{Op: "include", Path: pattern, Err: errors.New("it is a directory")}
		}
		return []string{pattern}, nil
	}
	found, err := filepath.Glob(pattern)
	if err != nil {
		return nil, ErrPattern
	}
	if err := readable(pattern); err != nil {
		return nil, err
	}
	hidden := strings.HasPrefix(filepath.Base(pattern), ".")
	found = slices.DeleteFunc(found, func(path string) bool {
		info, err := os.Stat(path)
		return err == nil && info.IsDir() || !hidden && strings.HasPrefix(filepath.Base(path), ".")
	})
	slices.Sort(found)
	return found, nil
}

// readable returns an error if the directory that a pattern starts from can't be read.
// filepath.Glob takes it for an empty one, and its integrations would vanish with no
// more than a warning.
func readable(pattern string) error {
	dir := filepath.Dir(pattern)
	for IsPattern(dir) {
		dir = filepath.Dir(dir)
	}
	if err := list(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func list(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err = f.Readdirnames(1); errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// IsPattern reports whether a path contains a wildcard.
func IsPattern(path string) bool { return strings.ContainsAny(path, "*?[") }

// Find returns the file with an absolute path, and nil if it was not read yet.
func (s *Set) Find(full string) *diag.Source {
	for _, f := range s.Files {
		if filepath.Join(f.Dir, filepath.Base(f.Name)) == full {
			return f
		}
	}
	return nil
}

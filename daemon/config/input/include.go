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

// ErrWide reports a pattern of include for which too many files would have to be looked
// at.
var ErrWide = errors.New("the pattern is too wide")

// maxLooked limits the names that a pattern is compared with.
const maxLooked = 100_000

// matched is the result of a pattern.
type matched struct {
	found []string
	err   error
}

// Included returns the files that a pattern in a file matches, sorted: absolute,
// and as shown. It looks only once, so that validating again gives the same
// result.
func (s *Set) Included(pattern string, from *diag.Source) (full, shown []string, err error) {
	all, _ := s.beside(pattern, from)
	m, known := s.globs[all]
	if !known {
		m.found, m.err = matching(all)
		s.Note(m.err)
		s.globs[all] = m
	}
	dir := filepath.Dir(from.Name)
	for _, path := range m.found {
		name := path
		if rel, err := filepath.Rel(from.Dir, path); err == nil && !filepath.IsAbs(pattern) {
			name = filepath.Join(dir, rel)
		}
		shown = append(shown, name)
	}
	return m.found, shown, m.err
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
	if _, err := filepath.Match(pattern, ""); err != nil {
		return nil, ErrPattern
	}
	left := maxLooked
	found := expand(pattern, &left)
	if left < 0 {
		return nil, ErrWide
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

// expand is like filepath.Glob, but gives up once it has looked at left names.
func expand(pattern string, left *int) (found []string) {
	dir, last := filepath.Split(pattern)
	dirs := []string{filepath.Clean(dir)}
	if dirs[0] == pattern {
		return dirs // the root
	}
	if IsPattern(dir) {
		dirs = expand(dirs[0], left)
	}
	for _, dir := range dirs {
		if *left < 0 {
			return nil
		}
		if !IsPattern(last) {
			*left--
			if path := filepath.Join(dir, last); exists(path) {
				found = append(found, path)
			}
			continue
		}
		for _, name := range names(dir, left) {
			if ok, err := filepath.Match(last, name); err == nil && ok {
				found = append(found, filepath.Join(dir, name))
			}
		}
	}
	return found
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// names lists a directory, but no more than left names.
func names(dir string, left *int) []string {
	info, err := os.Stat(dir)
	if err != nil || !info.IsDir() { // opening a pipe would wait for its writer
		return nil
	}
	f, err := os.Open(dir)
	if err != nil {
		return nil
	}
	defer f.Close()
	all, err := f.Readdirnames(*left + 1)
	if err != nil {
		return nil
	}
	*left -= len(all)
	return all
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

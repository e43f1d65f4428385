package input

import (
	"maps"
	"path/filepath"
	"slices"

	"vega/daemon/config/diag"
)

// MaxData limits a file of targets, in bytes.
const MaxData = 2 << 20

// dataOrder is the order of the first file of targets, which come after all
// configuration files.
const dataOrder = 1 << 20

type data struct {
	src *diag.Source
	err error
}

// Sources returns all files that were read, those of targets last.
func (s *Set) Sources() []*diag.Source {
	all := slices.Clone(s.Files)
	for _, path := range s.Targets() {
		all = append(all, s.data[path].src)
	}
	return all
}

// Targets returns the absolute paths of the files of targets, sorted.
func (s *Set) Targets() []string { return slices.Sorted(maps.Keys(s.data)) }

// Data returns the file of targets that another file names. It reads the file
// once.
func (s *Set) Data(path string, from *diag.Source) (*diag.Source, error) {
	full, shown := s.beside(path, from)
	d, known := s.data[full]
	if !known {
		b, err := ReadRegular(full, MaxData)
		s.Note(err)
		d = data{&diag.Source{Name: shown, Dir: from.Dir, Order: dataOrder + len(s.data), Text: b, Data: true}, err}
		s.data[full] = d
	}
	return d.src, d.err
}

// beside returns the absolute form of a path that a file names, and the one to
// show.
func (s *Set) beside(path string, from *diag.Source) (full, shown string) {
	if filepath.IsAbs(path) {
		return path, path
	}
	return filepath.Join(from.Dir, path), filepath.Join(filepath.Dir(from.Name), path)
}

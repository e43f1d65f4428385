package input

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
)

// Writers are the accounts besides root and vega's own user that can write a
// file.
type Writers struct {
	All   bool
	Group string // "" for none
	Owner string // "" for none
}

// None reports whether no other account can write the file.
func (w Writers) None() bool { return w == Writers{} }

// String describes the accounts.
func (w Writers) String() string {
	switch {
	case w.All:
		return "everyone on this machine"
	case w.Owner != "":
		return "the user " + w.Owner
	default:
		return "everyone in the group " + w.Group
	}
}

// Custody is a file's mode, and who else can write it.
type Custody struct {
	Mode fs.FileMode // 0: not a file or directory
	Who  Writers
}

// Custody inspects a path only once, so that validating again gives the same
// result.
func (s *Set) Custody(path string) Custody {
	c, known := s.custodies[path]
	if known {
		return c
	}
	if info, err := os.Stat(path); err == nil && (info.IsDir() || info.Mode().IsRegular()) {
		if c = (Custody{info.Mode(), writersOf(info)}); !c.Who.None() && readOnly(path) {
			c.Who = Writers{}
		}
	}
	s.custodies[path] = c
	return c
}

// ForgetCustody makes Custody inspect a directory and the files in it again.
func (s *Set) ForgetCustody(dir string) {
	maps.DeleteFunc(s.custodies, func(path string, _ Custody) bool {
		return path == dir || filepath.Dir(path) == dir
	})
}

package input

import (
	"errors"
	"io/fs"
	"os"
)

// modeError carries a file's mode through Once.
type modeError struct {
	mode fs.FileMode
	root bool
}

// Error implements error.
func (e *modeError) Error() string { return e.mode.String() }

// Mode returns the mode of a regular file, and whether root owns it. It is 0 for
// anything else, and on systems whose modes don't say who can read a file.
func (s *Set) Mode(path string) (mode fs.FileMode, root bool) {
	err := s.Once("mode "+path, func() error {
		info, err := os.Stat(path)
		if err != nil || !info.Mode().IsRegular() || !ModesTell {
			return nil //nolint:nilerr // another check reports whether it exists
		}
		return &modeError{info.Mode(), ownedByRoot(info)}
	})
	if m, ok := errors.AsType[*modeError](err); ok {
		return m.mode, m.root
	}
	return 0, false
}

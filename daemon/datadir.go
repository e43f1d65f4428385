package daemon

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// DataDirError reports that vega's user can't use the data directory, or a file in it.
type DataDirError struct {
	Dir   string
	Owner string // of Dir, or of what exists above it; "" where files have no owners
	User  string // that vega runs as
	Err   error
}

// Error adds to the cause whose directory it is, if it belongs to another user.
func (e *DataDirError) Error() string {
	if e.Owner == "" || e.Owner == e.User {
		return e.Err.Error()
	}
	return fmt.Sprintf("%v; %s belongs to %s, and vega runs as %s: run vega as %[3]s, or give the directory to %[4]s: chown -R %[4]s %[2]s", e.Err, e.Dir, e.Owner, e.User)
}

// Unwrap returns the cause.
func (e *DataDirError) Unwrap() error { return e.Err }

// inDataDir returns the error of using the data directory as a DataDirError if rights
// are missing. Of a directory with files of several users, it names the first other one.
func inDataDir(dir string, err error) error {
	if !errors.Is(err, fs.ErrPermission) {
		return err
	}
	e := &DataDirError{Dir: dir, User: ownName(), Err: err}
	for at := dir; e.Owner == ""; at = filepath.Dir(at) {
		info, err := os.Stat(at)
		if err == nil {
			e.Dir, e.Owner = at, ownerOf(info)
		}
		if err == nil || at == filepath.Dir(at) {
			break
		}
	}
	if e.Owner == e.User {
		entries, _ := os.ReadDir(e.Dir)
		for _, entry := range entries {
			if info, err := entry.Info(); err == nil && ownerOf(info) != e.User {
				e.Dir, e.Owner = filepath.Join(e.Dir, entry.Name()), ownerOf(info)
				break
			}
		}
	}
	return e
}

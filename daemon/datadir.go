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
	Path  string // Dir, the closest directory above it that exists, or a file in it
	Owner string // of Path; "" where files have no owners
	User  string // that vega runs as
	Err   error
}

// Error adds to the cause whose directory it is, if it belongs to another user.
func (e *DataDirError) Error() string {
	if e.Owner == "" || e.Owner == e.User {
		return e.Err.Error()
	}
	todo := fmt.Sprintf("run vega as %s, or give the directory to %s: chown -R %[2]s %s", e.Owner, e.User, e.Dir)
	if _, err := os.Lstat(e.Dir); errors.Is(err, fs.ErrNotExist) {
		todo = fmt.Sprintf("create it as root: install -d -o %s -m 700 %s", e.User, e.Dir)
	}
	return fmt.Sprintf("%v; %s belongs to %s, and vega runs as %s: %s", e.Err, e.Path, e.Owner, e.User, todo)
}

// Unwrap returns the cause.
func (e *DataDirError) Unwrap() error { return e.Err }

// inDataDir returns the error of using the data directory as a DataDirError if rights
// are missing. Of a directory with files of several users, it names the first other one.
func inDataDir(dir string, err error) error {
	if !errors.Is(err, fs.ErrPermission) {
		return err
	}
	e := &DataDirError{Dir: dir, Path: dir, User: ownName(), Err: err}
	for at := dir; e.Owner == ""; at = filepath.Dir(at) {
		info, err := os.Stat(at)
		if err == nil {
			e.Path, e.Owner = at, ownerOf(info)
		}
		if err == nil || at == filepath.Dir(at) {
			break
		}
	}
	if e.Owner == e.User {
		entries, _ := os.ReadDir(dir)
		for _, entry := range entries {
			if info, err := entry.Info(); err == nil && ownerOf(info) != e.User {
				e.Path, e.Owner = filepath.Join(dir, entry.Name()), ownerOf(info)
				break
			}
		}
	}
	return e
}

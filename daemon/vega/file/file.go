// Package file writes the files that commands make and edit: Create makes one
// that does not exist yet, Replace swaps the contents of one that does.
package file

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Create writes a new file. If the file exists, the error suggests flag, the
// command-line flag that sets another path.
func Create(path string, content []byte, mode fs.FileMode, flag string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s exists and was not changed; choose another file with %s", path, flag)
	}
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	return errors.Join(err, f.Close())
}

// Replace replaces the contents of a file atomically: a concurrent reader sees
// either the old or the new contents. It follows symbolic links, keeps the mode
// and the owner, and refuses a file that it can't open for writing.
func Replace(path string, content []byte) (err error) {
	target, err := filepath.EvalSymlinks(path)
	if err != nil {
		return err
	}
	info, err := os.Stat(target)
	if err != nil {
		return err
	}
	if f, err := os.OpenFile(target, os.O_WRONLY, 0); err != nil { // a read-only file stays as it is
		return err
	} else if err := f.Close(); err != nil {
		return err
	}
	part, err := os.CreateTemp(filepath.Dir(target), "."+filepath.Base(target)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("%s was not changed: %w", path, errors.Join(err, os.Remove(part.Name())))
		}
	}()
	_, err = part.Write(content)
	err = errors.Join(err, part.Chmod(info.Mode().Perm()), keepOwner(part, info), part.Sync(), part.Close())
	if err != nil {
		return err
	}
	return os.Rename(part.Name(), target)
}

package backup

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// part is a file that is being written. It is locked, so that two processes don't write
// the same one.
type part struct {
	path  string
	file  *os.File
	named bool
}

// openPart opens an empty file next to path. It overwrites what an interrupted process
// left.
func openPart(path string) (*part, error) {
	p := &part{path: path + ".part"}
	if err := p.release(path); err != nil {
		return nil, err
	}
	if info, err := os.Lstat(p.path); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file; remove it", p.path)
	}
	f, err := os.OpenFile(p.path, os.O_RDWR|os.O_CREATE|noFollow, 0o600)
	if err != nil {
		return nil, err
	}
	p.file = f
	err = lockPart(f)
	if err == nil {
		err = p.stillNamed()
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if err := errors.Join(f.Truncate(0), p.dropJournal(), ignoreUnsupported(f.Chmod(0o600))); err != nil {
		return nil, errors.Join(err, p.close())
	}
	return p, nil
}

// release removes the part if it is a second name of the complete file at path: a process
// was killed while it gave the file its name. The complete file must not be overwritten.
func (p *part) release(path string) error {
	whole, err := os.Lstat(path)
	if err != nil {
		return nil //nolint:nilerr // there is no complete file
	}
	if info, err := os.Lstat(p.path); err != nil || !os.SameFile(whole, info) {
		return nil //nolint:nilerr // it has no second name
	}
	return remove(p.path)
}

// dropJournal removes the journal that SQLite leaves when a copy fails or is killed.
func (p *part) dropJournal() error { return remove(p.path + "-journal") }

// remove removes a file, if there is one.
func remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// stillNamed returns an error if another process named or removed the file before it
// was locked.
func (p *part) stillNamed() error {
	held, err := p.file.Stat()
	if err != nil {
		return err
	}
	if named, err := os.Lstat(p.path); err != nil || !os.SameFile(held, named) {
		return errBeingWritten(p.path)
	}
	return nil
}

func errBeingWritten(path string) error {
	return fmt.Errorf("%s is being written by another process; wait until that is done", path)
}

// ignoreUnsupported ignores that a file system has no permissions.
func ignoreUnsupported(err error) error {
	if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, fs.ErrPermission) {
		return nil
	}
	return err
}

// name gives the file its name. Without replace, an existing file stays.
func (p *part) name(path string, replace bool) (err error) {
	if replace {
		err = os.Rename(p.path, path)
	} else {
		err = p.link(path)
	}
	if err != nil {
		return err
	}
	p.named = true
	return syncDir(path)
}

func (p *part) link(path string) error {
	err := os.Link(p.path, path)
	if err == nil {
		return remove(p.path)
	}
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s: %w", path, ErrExists)
	}
	if _, err := os.Lstat(path); err == nil { // the file system has no hard links
		return fmt.Errorf("%s: %w", path, ErrExists)
	}
	return os.Rename(p.path, path)
}

// close closes the file, and removes it if it has not got its name.
func (p *part) close() error {
	if p.named {
		return p.file.Close()
	}
	return errors.Join(os.Remove(p.path), p.dropJournal(), p.file.Close())
}

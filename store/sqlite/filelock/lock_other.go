//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package filelock

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
)

// Lock is held by one process at a time: a file that the process created and
// keeps open. Windows cannot remove an open file, so a lock file that can be
// removed was left by a process that has ended.
type Lock struct{ file *os.File }

// Acquire creates the file and locks it. If another process holds it, the error
// contains the ID of that process.
func Acquire(path string) (*Lock, error) {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("lock %s: %w: %w", path, &HeldError{holder(path)}, err)
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the lock file: vega's user needs write access to it and its directory: %w", err)
	}
	if _, err := f.WriteString(strconv.Itoa(os.Getpid()) + "\n"); err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), f.Close())
	}
	return &Lock{file: f}, nil
}

func holder(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(text))
}

// Named reports whether the path names the locked file. Windows can't remove or rename an
// open file.
func (l *Lock) Named(path string) bool { return l.file.Name() == path }

// Release closes and removes the file.
func (l *Lock) Release() error {
	return errors.Join(l.file.Close(), os.Remove(l.file.Name()))
}

//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package sqlite

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
)

// lock is held by one process at a time: a file that the process created and
// keeps open. Windows cannot remove an open file, so a lock file that can be
// removed was left by a process that has ended.
type lock struct{ file *os.File }

func acquire(path string) (*lock, error) {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("lock %s: another vega (pid %s) holds it: stop it, or set a different data_dir: %w", path, holder(path), err)
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("create its lock: vega's user must be able to write the directory: %w", err)
	}
	if _, err := f.WriteString(strconv.Itoa(os.Getpid()) + "\n"); err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), f.Close())
	}
	return &lock{file: f}, nil
}

func holder(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(text))
}

func (l *lock) release() error {
	return errors.Join(l.file.Close(), os.Remove(l.file.Name()))
}

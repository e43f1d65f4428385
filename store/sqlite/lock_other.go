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

// lock is the claim of one process on the database: a file that it alone made
// and holds open. Windows removes no open file, so one that can be removed was
// left by a process that is gone.
type lock struct{ file *os.File }

func acquire(path string) (*lock, error) {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("lock %s: another vega (pid %s) holds it: stop that one, or give this one a data_dir of its own: %w", path, holder(path), err)
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("make its lock: vega's user must be able to write the directory: %w", err)
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

//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package sqlite

import (
	"path/filepath"
	"syscall"
	"testing"
)

// A child process that is being started has a copy of the lock's descriptor for
// a moment.
func TestLockIsReleasedWhileAChildStarts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	first, err := acquire(path)
	if err != nil {
		t.Fatal(err)
	}
	copied, err := syscall.Dup(int(first.file.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = syscall.Close(copied) }()
	if err := first.release(); err != nil {
		t.Fatal(err)
	}
	second, err := acquire(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := second.release(); err != nil {
		t.Error(err)
	}
}

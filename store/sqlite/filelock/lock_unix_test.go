//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package filelock

import (
	"path/filepath"
	"syscall"
	"testing"
)

// A child process that is being started briefly has a copy of the lock's
// descriptor.
func TestLockIsReleasedWhileAChildStarts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	first, err := Acquire(path)
	if err != nil {
		t.Fatal(err)
	}
	copied, err := syscall.Dup(int(first.file.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = syscall.Close(copied) }()
	if err := first.Release(); err != nil {
		t.Fatal(err)
	}
	second, err := Acquire(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := second.Release(); err != nil {
		t.Error(err)
	}
}

//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package filelock

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// Lock is held by one process at a time. The system releases it however the
// process ends. The file stays, because after removing it two processes could
// lock two files of the same name.
type Lock struct{ file *os.File }

// Acquire creates the file and locks it. If another process holds it, the error
// contains the ID of that process.
//
// It refuses what is not a regular file, and a symbolic link: the file is written, and may
// be given to the owner of its directory. Otherwise that user could make a command of
// root overwrite any file.
func Acquire(path string) (*Lock, error) {
	f, err := open(path)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = &HeldError{holder(f)}
	}
	if err == nil {
		err = writePID(f)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), f.Close())
	}
	return &Lock{file: f}, nil
}

// open opens the file, and creates it if there isn't one.
func open(path string) (*os.File, error) {
	if info, err := os.Lstat(path); err == nil && !info.Mode().IsRegular() {
		return nil, irregular(path)
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0o600)
	if errors.Is(err, syscall.ELOOP) { // it was replaced meanwhile
		return nil, irregular(path)
	}
	if err != nil {
		return nil, fmt.Errorf("open the lock file: vega's user needs write access to it and its directory: %w", err)
	}
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, errors.Join(irregular(path), err, f.Close())
	}
	handOver(f)
	return f, nil
}

func irregular(path string) error {
	return fmt.Errorf("open the lock file: %s is not a regular file, so vega did not create it; remove it: %w", path, fs.ErrInvalid)
}

// handOver gives a file that root has created to the owner of its directory. Otherwise, a
// command that root runs next to a vega of another user would keep that from starting. A
// file with two names may belong to another program.
func handOver(f *os.File) {
	if os.Geteuid() != 0 {
		return
	}
	file, dir := ownerOf(f.Stat()), ownerOf(os.Stat(filepath.Dir(f.Name())))
	if file != nil && dir != nil && file.Uid == 0 && file.Nlink == 1 && dir.Uid != 0 {
		_ = f.Chown(int(dir.Uid), int(dir.Gid)) // a file system without owners has no such problem
	}
}

func ownerOf(info os.FileInfo, err error) *syscall.Stat_t {
	if err != nil {
		return nil
	}
	stat, _ := info.Sys().(*syscall.Stat_t)
	return stat
}

// writePID writes this process's ID to the file, for the error message of a
// second process.
func writePID(f *os.File) error {
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err := f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	return err
}

// holder returns the process ID in the file, or "unknown" if it is not written
// yet.
func holder(f *os.File) string {
	text, err := io.ReadAll(io.NewSectionReader(f, 0, 32))
	pid := strings.TrimSpace(string(text))
	if _, bad := strconv.Atoi(pid); err != nil || bad != nil {
		return "unknown"
	}
	return pid
}

// Named reports whether the path names the locked file.
func (l *Lock) Named(path string) bool {
	held, err := l.file.Stat()
	if err != nil {
		return false
	}
	named, err := os.Stat(path)
	return err == nil && os.SameFile(held, named)
}

// Release unlocks the file. Closing it would not be enough: a child process
// that is being started shares the descriptor until it executes its program.
func (l *Lock) Release() error {
	_ = l.file.Truncate(0) // the file system may have become read-only, and an ID does no harm
	return errors.Join(syscall.Flock(int(l.file.Fd()), syscall.LOCK_UN), l.file.Close())
}

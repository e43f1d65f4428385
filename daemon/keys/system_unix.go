//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package keys

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// modesTell reports whether a file's mode says who can write it.
const modesTell = true

// owner returns the user who owns a file.
func owner(info fs.FileInfo) (uid int, known bool) {
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	return int(s.Uid), true
}

// giveTo sets the owner and the group of f to those of the directory that it is
// in. Otherwise the daemon could not read what root writes.
func giveTo(f *os.File, home fs.FileInfo) error {
	s, ok := home.Sys().(*syscall.Stat_t)
	if !ok || int(s.Uid) == os.Geteuid() {
		return nil
	}
	if err := f.Chown(int(s.Uid), int(s.Gid)); err != nil {
		return fmt.Errorf("the data directory belongs to the user with the number %d, so run this as that user or as root: %w", s.Uid, err)
	}
	return nil
}

// tryLock locks the directory, which needs no file that could be removed or
// replaced. The system releases the lock however the process ends.
func tryLock(root *os.Root) (release func(), err error) {
	home, err := root.Open(".")
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(home.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		if errors.Is(err, syscall.EWOULDBLOCK) {
			err = errLocked
		}
		return nil, errors.Join(err, home.Close())
	}
	return func() { _ = home.Close() }, nil
}

// syncDir makes a rename durable. It is best effort: the file is replaced in any case.
func syncDir(root *os.Root) {
	if home, err := root.Open("."); err == nil {
		_ = home.Sync()
		_ = home.Close()
	}
}

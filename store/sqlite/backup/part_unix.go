//go:build unix

package backup

import (
	"errors"
	"os"
	"syscall"
)

// noFollow refuses a symbolic link that somebody else put in the place of a new file.
const noFollow = syscall.O_NOFOLLOW

// lockPart locks a file until it is closed. A file system without locks is accepted.
func lockPart(f *os.File) error {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return errBeingWritten(f.Name())
	}
	return nil
}

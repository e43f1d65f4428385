package identity

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"
)

// lockedByte is a byte that SQLite neither locks nor stores.
const lockedByte = 1<<62 + 1

// lock locks the file for its open descriptor. A file system without locks is
// accepted.
func lock(f *os.File) error {
	what := unix.Flock_t{Type: unix.F_WRLCK, Start: lockedByte, Len: 1}
	err := unix.FcntlFlock(f.Fd(), unix.F_OFD_SETLK, &what)
	if errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EACCES) {
		return fmt.Errorf("lock %s: another vega has the same file open under another name, a hard link; stop that process, or set a different data_dir", f.Name())
	}
	return nil
}

// Linked reports whether the open file still has a name somewhere.
func (f *Files) Linked() bool {
	info, err := f.file.Stat()
	if err != nil {
		return true
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	return !ok || stat.Nlink > 0
}

// Free returns how many bytes can still be written next to a file, or a negative number
// if that is not known.
func Free(path string) int64 {
	var fs unix.Statfs_t
	if err := unix.Statfs(filepath.Dir(path), &fs); err != nil {
		return -1
	}
	return int64(fs.Bavail * uint64(fs.Bsize))
}

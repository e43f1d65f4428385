//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package keys

import (
	"errors"
	"io/fs"
	"os"
)

// modesTell reports whether a file's mode says who can write it.
const modesTell = false

// owner returns the user who owns a file.
func owner(fs.FileInfo) (uid int, known bool) { return 0, false }

// giveTo does nothing: a new file inherits the owner of its directory here.
func giveTo(*os.File, fs.FileInfo) error { return nil }

const lockFile = File + ".lock"

// tryLock creates a file and keeps it open. Windows can't remove an open file, so
// one that can be removed was left by a process that has ended.
func tryLock(root *os.Root) (release func(), err error) {
	if err := root.Remove(lockFile); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, errLocked
	}
	f, err := root.OpenFile(lockFile, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil, errLocked
	}
	if err != nil {
		return nil, err
	}
	return func() { _ = f.Close(); _ = root.Remove(lockFile) }, nil
}

// syncDir does nothing: the system has no such call.
func syncDir(*os.Root) {}

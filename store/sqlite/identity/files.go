package identity

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"sync"
)

// Files are the files of an open database: the file itself, its write-ahead log and
// the index of that.
type Files struct {
	path string
	file *os.File    // for reading its header and its number of names
	info fs.FileInfo // of file

	mu      sync.Mutex
	sides   [len(suffixes)]fs.FileInfo // nil: not seen yet
	logSize int64                      // bytes, after the last commit
}

// suffixes are those of the write-ahead log and of its index.
var suffixes = [...]string{"-wal", "-shm"}

// Open opens the file at path and locks it, so that a second process can't use it
// under another name: a hard link has a write-ahead log of its own, and two processes
// that don't see each other's log destroy the file.
//
// The caller must Close the Files after SQLite has closed its connections. POSIX
// releases all of a process's locks on a file when the process closes any of its
// descriptors.
func Open(path string) (*Files, error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil {
		err = lock(f)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &Files{path: path, file: f, info: info}, nil
}

// Close unlocks the file.
func (f *Files) Close() error { return f.file.Close() }

// Check returns what is wrong with the names of the files, or nil. It takes a few
// microseconds. A result of kind LogShort is a suspicion only: SQLite itself
// shortens a log that it has emptied.
func (f *Files) Check() *Trouble {
	info, err := os.Stat(f.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Of(Gone)
	case err != nil:
		return &Trouble{Gone, fmt.Sprintf("its file can't be found any more: %v", reason(err))}
	case !os.SameFile(info, f.info):
		return Of(Replaced)
	case isLink(f.path):
		return &Trouble{LogGone, "it was moved, and a symbolic link leads to it: the next process would look for its write-ahead log there"}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for n, suffix := range suffixes {
		side, err := os.Stat(f.path + suffix)
		switch {
		case err == nil && f.sides[n] == nil:
			f.sides[n] = side
		case err != nil && f.sides[n] == nil: // SQLite has not created it yet
			return nil
		case err != nil || !os.SameFile(side, f.sides[n]):
			return Of(LogGone)
		}
		if n == 0 && side.Size() < f.logSize {
			return Of(LogShort)
		}
	}
	return nil
}

// isLink reports whether the path is a symbolic link. That of an open database was none.
func isLink(path string) bool {
	info, err := os.Lstat(path)
	return err == nil && info.Mode()&fs.ModeSymlink != 0
}

// OwnsSide reports whether the path with the suffix -wal or -shm names the open log or
// its index.
func (f *Files) OwnsSide(suffix string) bool {
	side, err := os.Stat(f.path + suffix)
	f.mu.Lock()
	defer f.mu.Unlock()
	n := slices.Index(suffixes[:], suffix)
	return err == nil && f.sides[n] != nil && os.SameFile(side, f.sides[n])
}

// Named reports whether the path names the open file.
func (f *Files) Named() bool { return f.NamedBy(f.path) }

// NamedBy reports whether that path names the open file.
func (f *Files) NamedBy(path string) bool {
	info, err := os.Stat(path)
	return err == nil && os.SameFile(info, f.info)
}

// reason returns the system's words for an error, without the path.
func reason(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}

// Committed records the size of the write-ahead log after a commit. The log may be
// shorter than at the last call.
func (f *Files) Committed() {
	side, err := os.Stat(f.path + suffixes[0])
	if err != nil {
		return // Check reports it
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.logSize = side.Size()
}

// LogSize returns the current size of the write-ahead log in bytes, 0 if there is
// none.
func (f *Files) LogSize() int64 {
	side, err := os.Stat(f.path + suffixes[0])
	if err != nil {
		return 0
	}
	return side.Size()
}

// State is what changes when the contents of a file do.
type State struct {
	size     int64
	modified int64 // nanoseconds since 1970
}

// State returns the state of the open file.
func (f *Files) State() State {
	info, err := f.file.Stat()
	if err != nil {
		return State{}
	}
	return State{info.Size(), info.ModTime().UnixNano()}
}

// logHeader is the length of the header of a write-ahead log, in bytes.
const logHeader = 32

// LogHeader returns the header of the write-ahead log, or "" if there isn't one.
func (f *Files) LogHeader() string {
	log, err := os.Open(f.path + suffixes[0])
	if err != nil {
		return ""
	}
	defer log.Close() // SQLite has no locks on the log
	header := make([]byte, logHeader)
	n, _ := log.ReadAt(header, 0)
	return string(header[:n])
}

// magic is how every SQLite database begins.
const magic = "SQLite format 3\x00"

// Header returns a trouble if the file does not begin as a SQLite database.
func (f *Files) Header() *Trouble {
	begin := make([]byte, len(magic))
	n, err := f.file.ReadAt(begin, 0)
	if errors.Is(err, os.ErrClosed) || n == len(begin) && string(begin) == magic {
		return nil
	}
	return Of(Overwritten)
}

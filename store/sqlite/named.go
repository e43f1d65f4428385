package sqlite

import (
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
)

// openFile is a pool of connections to the file that a path names. A connection
// stays with the file it opened if that is replaced or deleted, so the pool is
// replaced with it.
type openFile struct {
	path string
	open func() *sql.DB

	mu   sync.Mutex
	db   *sql.DB
	info fs.FileInfo // from before the pool was first used; nil: unused
}

// errNotRegular is the error for a directory, a named pipe, a device or a socket.
// SQLite would wait without end to open a pipe, and read a device without end.
var errNotRegular = errors.New("it is a directory, or not a regular file")

// current returns the pool of connections to the file that the path names now.
// It fails if there isn't one. Queries in progress keep their connections.
func (f *openFile) current() (*sql.DB, error) {
	info, err := os.Stat(f.path)
	f.mu.Lock()
	defer f.mu.Unlock()
	gone := errors.Is(err, fs.ErrNotExist)
	if f.info != nil && (gone || err == nil && !os.SameFile(f.info, info)) {
		_ = f.db.Close() // read only
		f.db, f.info = f.open(), nil
	}
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("read %s: %w", f.path, errNotRegular)
	}
	f.info = info
	return f.db, nil
}

func (f *openFile) close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.db.Close()
}

// unreadable returns the error if the file exists and this process may not read
// it. SQLite does not say why it can't open a file.
func unreadable(path string) error {
	f, err := os.Open(path)
	if err == nil {
		return f.Close()
	}
	if errors.Is(err, fs.ErrPermission) {
		return err
	}
	return nil
}

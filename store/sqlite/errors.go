package sqlite

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// ErrRefused says that a query is one that is not run: it is not one whole
// statement that reads.
var ErrRefused = errors.New("refused")

// ErrTooLarge says that a query gives a value or row that is too large.
var ErrTooLarge = errors.New("too large")

const (
	noDatabase = "it is not a SQLite database: move it away, or set store.path to another file"
	damaged    = "it is damaged: restore a backup, or move it and the files named like it away, and vega starts with an empty one"
)

// What SQLite's result codes mean for who has to do something about them.
var advice = map[int]string{
	sqlite3.SQLITE_NOTADB:   noDatabase,
	sqlite3.SQLITE_CORRUPT:  damaged,
	sqlite3.SQLITE_BUSY:     "another program has it locked: close that program, or wait until it is done",
	sqlite3.SQLITE_LOCKED:   "another program has it locked: close that program, or wait until it is done",
	sqlite3.SQLITE_CANTOPEN: "it can't be opened: vega's user must be able to write the file and its directory",
	sqlite3.SQLITE_PERM:     "it can't be opened: vega's user must be able to write the file and its directory",
	sqlite3.SQLITE_READONLY: "it can't be written: vega's user must be able to write the file and its directory",
	sqlite3.SQLITE_FULL:     "the disk is full: make room",
	sqlite3.SQLITE_IOERR:    "the disk failed to read or write it: look at the system's log",
}

// explain says what to do about an error with the file at path.
func explain(path string, err error) error {
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS) {
		return fmt.Errorf("open the store %s: vega's user must be able to write the file and its directory: %w", path, err)
	}
	if text := advice[code(err)]; text != "" && !ofSystem(err) { // which says itself what is wrong
		return fmt.Errorf("open the store %s: %s: %w", path, text, err)
	}
	return fmt.Errorf("open the store %s: %w", path, err)
}

// Degraded implements store.Maintenance.
func (s *Store) Degraded() error { return s.health.Err() }

// wrote records how a write ended and returns its error.
func (s *Store) wrote(err error) error {
	switch {
	case err == nil:
		s.health.Recover()
	case isOutage(err):
		err = explain(s.path, err)
		s.health.Fail(err)
	}
	return err
}

// isOutage reports whether a write failed because of the file or the machine,
// and not because of what was written.
func isOutage(err error) bool {
	switch code(err) {
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN:
		return true
	default:
		return ofSystem(err)
	}
}

// ofSystem reports whether an error is one of the system, and not of SQLite.
func ofSystem(err error) bool {
	errno := syscall.Errno(0)
	return errors.As(err, &errno)
}

// code is SQLite's primary result code, 0 for any other error.
func code(err error) int {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code() & 0xff
	}
	return 0
}

func ignoreBusy(err error) error {
	if c := code(err); c == sqlite3.SQLITE_BUSY || c == sqlite3.SQLITE_LOCKED {
		return nil
	}
	return err
}

package sqlite

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"syscall"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"vega/store/sqlite/backup"
	"vega/store/sqlite/identity"
)

// ErrRefused means that a query was not run because it is not exactly one
// statement that reads.
var ErrRefused = errors.New("refused")

// ErrSyntax means that a query is not SQL.
var ErrSyntax = errors.New("the query has an error")

// ErrTooLarge means that a query returns a value or a row that is too large.
var ErrTooLarge = errors.New("too large")

const (
	noDatabase = "the file is not a SQLite database; move it away, or set store.path to another file"
	damaged    = "the file is damaged; restore a backup, or move it and the files with the same prefix away to start with an empty one"
)

// advice says what to do about SQLite's result codes.
var advice = map[int]string{
	sqlite3.SQLITE_NOTADB:   noDatabase,
	sqlite3.SQLITE_CORRUPT:  damaged,
	sqlite3.SQLITE_BUSY:     "the file is locked by another program; stop that program, or wait until it is done",
	sqlite3.SQLITE_LOCKED:   "the file is locked by another program; stop that program, or wait until it is done",
	sqlite3.SQLITE_CANTOPEN: "the file can't be opened; vega's user needs write access to the file and its directory",
	sqlite3.SQLITE_PERM:     "the file can't be opened; vega's user needs write access to the file and its directory",
	sqlite3.SQLITE_READONLY: "the file can't be written; vega's user needs write access to the file and its directory",
	sqlite3.SQLITE_FULL:     "the disk is full; free some space",
	sqlite3.SQLITE_IOERR:    "the disk failed to read or write the file; check the system log",
}

// UnusableError reports a file whose contents this vega can't use: it is no database,
// damaged, of another program, or of a newer vega.
type UnusableError struct{ Reason string }

// Error returns the reason and what to do.
func (e *UnusableError) Error() string { return e.Reason }

// NewerError reports a file whose schema this vega does not know, because a newer one wrote
// it.
type NewerError struct {
	Path          string
	Schema, Known int            // versions of the schema: that of the file, and of this vega
	By            backup.Program // that wrote the file; its Version is "" if that is not known
	// Backup is the path of the backup that the newer vega made before it migrated the
	// file, and that this vega can read, or "".
	Backup string
}

// Error names the version that wrote the file. It does not say what to do, which depends
// on the program.
func (e *NewerError) Error() string {
	by := "a newer vega"
	if e.By.Version != "" {
		by = e.By.String() + ", which is newer"
	}
	return fmt.Sprintf("the file was written by %s (its schema is %d, this vega knows %d)", by, e.Schema, e.Known)
}

// IsUnusable reports whether a file could not be opened because of its contents.
func IsUnusable(err error) bool {
	_, ok := errors.AsType[*UnusableError](err)
	_, newer := errors.AsType[*NewerError](err)
	return ok || newer || isDamage(err)
}

// explain adds to an error of opening the file at path what to do about it.
func explain(path string, err error) error {
	if text := reason(err); text != "" {
		return fmt.Errorf("open the store %s: %s: %w", path, text, err)
	}
	return fmt.Errorf("open the store %s: %w", path, err)
}

// Free returns how many bytes can still be written next to a file, or a negative number
// if that is not known.
func Free(path string) int64 { return identity.Free(path) }

// Reason says in words what SQLite's error of reading or writing a file means, and what to
// do about it, or returns "" if the error itself says enough.
func Reason(err error) string { return reason(err) }

// reason says what to do about an error, or "" if the error itself says enough.
func reason(err error) string {
	switch {
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return "vega's user needs write access to the file and its directory"
	case ofSystem(err):
		return ""
	default:
		return advice[code(err)]
	}
}

// ofSystem reports whether an error comes from the operating system and not
// from SQLite.
func ofSystem(err error) bool {
	_, ok := errors.AsType[syscall.Errno](err)
	return ok
}

// code returns SQLite's primary result code, or 0 for any other error.
func code(err error) int {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return e.Code() & 0xff
	}
	return 0
}

// isSyntaxError reports whether SQLite could not parse a statement. SQLite has
// no code for that, only texts.
func isSyntaxError(err error) bool {
	return code(err) == sqlite3.SQLITE_ERROR && slices.ContainsFunc(
		[]string{": syntax error", "incomplete input", "unrecognized token"},
		func(text string) bool { return strings.Contains(err.Error(), text) })
}

func ignoreBusy(err error) error {
	if c := code(err); c == sqlite3.SQLITE_BUSY || c == sqlite3.SQLITE_LOCKED {
		return nil
	}
	return err
}

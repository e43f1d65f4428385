package sqlite

import sqlite3 "modernc.org/sqlite/lib"

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

package store

import (
	"fmt"
	"sync"
	"time"

	sqlite3 "modernc.org/sqlite/lib"
)

// trouble is what keeps the store from writing, while it does: a full disk, a
// failing one, one that became read-only. The store goes on trying, and is as
// before when a write succeeds.
type trouble struct {
	mu    sync.Mutex
	err   error // nil: all is well
	since time.Time
	lost  int64 // runs that could not be stored, since
}

// Degraded says why nothing can be stored at the moment, and how much was not;
// nil when all is well.
func (s *Store) Degraded() error {
	t := &s.trouble
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.err == nil {
		return nil
	}
	return fmt.Errorf("since %s nothing can be stored, %d runs were not: %w", t.since.UTC().Format(time.RFC3339), t.lost, t.err)
}

// wrote notes how a write ended, and returns its error.
func (s *Store) wrote(err error) error {
	t := &s.trouble
	t.mu.Lock()
	defer t.mu.Unlock()
	if isTrouble(err) {
		if t.err == nil {
			t.since, t.lost = time.Now(), 0
		}
		t.err = explain(s.path, err)
		return t.err
	}
	if err == nil {
		t.err = nil
	}
	return err
}

// isTrouble reports whether an error is of the file or of this machine, and not
// of what was to be written.
func isTrouble(err error) bool {
	switch code(err) {
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN:
		return true
	default:
		return ofSystem(err)
	}
}

func (s *Store) isTroubled() bool {
	s.trouble.mu.Lock()
	defer s.trouble.mu.Unlock()
	return s.trouble.err != nil
}

// lose counts runs that were not stored.
func (s *Store) lose(n int) {
	s.trouble.mu.Lock()
	defer s.trouble.mu.Unlock()
	s.trouble.lost += int64(n)
}

package sqlite

import (
	"context"
	"database/sql"
	"sync"

	"vega/store/sqlite/identity"
)

// witness notices when something other than SQLite writes to the file. While all pages
// that vega needs are in its cache, it would not read the damage before it is started
// again.
//
// SQLite writes to the file only when it moves pages of the write-ahead log into it, and
// the index of the log counts these. A file that changed while the count did not was
// changed by something else. All its pages are then read.
type witness struct {
	mu      sync.Mutex
	before  state
	suspect bool // the file has changed without a reason
}

// state is what a witness compares.
type state struct {
	file   identity.State
	log    string // the header of the log, which SQLite changes when it begins it again
	copied int64  // frames of the log that were moved into the file
}

// Examine returns a trouble if something other than SQLite has changed the file and
// damaged it. Call it about once a second: it takes two looks to be sure. It takes
// microseconds, or as long as reading the file if something has changed it.
func (s *Store) Examine(ctx context.Context) *identity.Trouble {
	if t := s.trouble.Load(); t != nil || s.files == nil {
		return t
	}
	s.witness.mu.Lock()
	defer s.witness.mu.Unlock()
	if !s.suspicious(ctx) {
		return nil
	}
	if err := Verify(ctx, s.path); err == nil || ctx.Err() != nil || !IsUnusable(err) {
		return nil // only touched, or not known
	}
	s.trouble.CompareAndSwap(nil, identity.Of(identity.Damaged))
	return s.trouble.Load()
}

// suspicious reports whether the file has changed without a reason at this look and at the
// one before.
func (s *Store) suspicious(ctx context.Context) bool {
	w := &s.witness
	file := s.files.State()
	if file == w.before.file && !w.suspect {
		return false
	}
	copied, err := s.copied(ctx)
	if err != nil {
		return s.Notice(err)
	}
	now := state{file, s.files.LogHeader(), copied}
	switch {
	case w.before == (state{}) || now.log != w.before.log || now.copied != w.before.copied: // SQLite has moved pages
		w.before, w.suspect = now, false
	case !w.suspect: // SQLite may be moving pages that it has not counted yet
		w.suspect = true
	default:
		w.before, w.suspect = now, false
		return true
	}
	return false
}

// copied returns how many frames of the log were moved into the file.
func (s *Store) copied(ctx context.Context) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, confirmTime)
	defer cancel()
	conn, err := s.read.Conn(ctx)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	_, copied, err := logFrames(ctx, conn)
	return copied, err
}

// logFrames returns how many frames the log has, and how many of them were moved into
// the file.
func logFrames(ctx context.Context, conn *sql.Conn) (frames, copied int64, err error) {
	var tables, busy int64
	// The first query makes the connection read the index of the log again.
	if err = conn.QueryRowContext(ctx, anyRead).Scan(&tables); err == nil {
		err = conn.QueryRowContext(ctx, "PRAGMA wal_checkpoint(NOOP)").Scan(&busy, &frames, &copied)
	}
	return frames, copied, err
}

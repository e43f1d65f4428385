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
// damaged it, or another program its tables. Call it about once a second: it takes two looks to be sure. It takes
// microseconds, or as long as reading the file if something has changed it.
func (g *Guard) Examine(ctx context.Context) *identity.Trouble {
	if t := g.trouble.Load(); t != nil || g.files == nil {
		return t
	}
	if g.reshaped(ctx) {
		return g.trouble.Load()
	}
	g.witness.mu.Lock()
	defer g.witness.mu.Unlock()
	if !g.suspicious(ctx) {
		return nil
	}
	if err := Verify(ctx, g.path); err == nil || ctx.Err() != nil || !IsUnusable(err) {
		return nil // only touched, or not known
	}
	g.trouble.CompareAndSwap(nil, identity.Of(identity.Damaged))
	return g.trouble.Load()
}

// suspicious reports whether the file has changed without a reason at this look and at the
// one before.
func (g *Guard) suspicious(ctx context.Context) bool {
	w := &g.witness
	file := g.files.State()
	if file == w.before.file && !w.suspect {
		return false
	}
	copied, err := g.copied(ctx)
	if err != nil {
		return g.Notice(err)
	}
	now := state{file, g.files.LogHeader(), copied}
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
func (g *Guard) copied(ctx context.Context) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, confirmTime)
	defer cancel()
	conn, err := g.read.Conn(ctx)
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

package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"vega/store/sqlite/dsn"
	"vega/store/sqlite/identity"
)

// confirmTime limits how long Trouble asks SQLite about a suspicion.
const confirmTime = 2 * time.Second

// Guard looks after the files of an open store. A read-only store has no files to look
// after.
type Guard struct {
	path        string
	files       *identity.Files
	read, write *sql.DB
	trouble     atomic.Pointer[identity.Trouble] // that lasts
	witness     witness
	schema      schemaGuard
}

// schemaGuard notices when another program changes the tables.
type schemaGuard struct {
	want shape

	mu     sync.Mutex
	cookie int64 // SQLite's count of changes of the schema, when it was last compared
}

// Trouble returns what is wrong with the files of the store, or nil. It takes a few
// microseconds. A file that is damaged, overwritten or has lost a part of its log stays
// in trouble; files whose names are restored are well again.
func (g *Guard) Trouble(ctx context.Context) *identity.Trouble {
	if t := g.trouble.Load(); t != nil || g.files == nil {
		return t
	}
	t := g.files.Check()
	if t == nil {
		t = g.files.Header()
	}
	if t == nil || t.Kind == identity.LogShort && !g.lostLog(ctx) {
		return nil
	}
	if t.Kind == identity.LogShort || t.Kind == identity.Overwritten {
		g.trouble.CompareAndSwap(nil, t)
	}
	return t
}

// lostLog reports whether the write-ahead log is shorter than SQLite's index of it
// says. A log that SQLite itself has emptied is not.
func (g *Guard) lostLog(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, confirmTime)
	defer cancel()
	conn, err := g.read.Conn(ctx)
	if err != nil {
		return false // not known yet
	}
	defer conn.Close()
	frames, _, err := logFrames(ctx, conn)
	var page int64
	if err == nil {
		err = conn.QueryRowContext(ctx, "PRAGMA page_size").Scan(&page)
	}
	const header, frameHeader = 32, 24 // bytes; see SQLite's "Database File Format", section 4
	switch {
	case isDamage(err):
		return true
	case err != nil:
		return false
	case frames > 0 && g.files.LogSize() < header+frames*(page+frameHeader):
		return true
	}
	g.files.Committed()
	return false
}

// Notice records the error of a query of vega's own if it proves that the file is
// damaged or lacks a table, and reports whether it does.
func (g *Guard) Notice(err error) bool {
	switch {
	case isDamage(err):
		g.trouble.CompareAndSwap(nil, identity.Of(identity.Damaged))
		return true
	case code(err) == sqlite3.SQLITE_ERROR:
		return g.reshaped(context.Background())
	default:
		return false
	}
}

// Lasting returns the trouble that was found, and that only a new file ends, or nil.
func (g *Guard) Lasting() *identity.Trouble { return g.trouble.Load() }

// reshaped reports whether a table or column is missing, which it records. It takes
// microseconds if the schema was not changed.
func (g *Guard) reshaped(ctx context.Context) bool {
	if g.schema.want == nil || g.read == nil {
		return false
	}
	g.schema.mu.Lock()
	defer g.schema.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, confirmTime)
	defer cancel()
	var cookie int64
	if err := g.read.QueryRowContext(ctx, "PRAGMA schema_version").Scan(&cookie); err != nil || cookie == g.schema.cookie {
		return false // not known, or as before
	}
	lacks, err := g.schema.want.lacking(ctx, g.read)
	if err != nil {
		return false
	}
	g.schema.cookie = cookie
	if lacks == "" {
		return false
	}
	g.trouble.CompareAndSwap(nil, &identity.Trouble{Kind: identity.Reshaped, Text: identity.Of(identity.Reshaped).Text + ": " + lacks + " is missing or has another type"})
	return true
}

// isDamage reports whether SQLite found that the contents of a file contradict each
// other, or that a part of it is missing.
func isDamage(err error) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return false
	}
	switch e.Code() {
	case sqlite3.SQLITE_IOERR_SHORT_READ, sqlite3.SQLITE_IOERR_CORRUPTFS:
		return true
	default:
		return code(err) == sqlite3.SQLITE_CORRUPT || code(err) == sqlite3.SQLITE_NOTADB
	}
}

// Linked reports whether the open file still has a name, which may be another one.
func (g *Guard) Linked() bool { return g.files.Linked() }

// Named reports whether the path still names the open file.
func (g *Guard) Named() bool { return g.files.Named() }

// NamedBy reports whether that path names the open file.
func (g *Guard) NamedBy(path string) bool { return g.files.NamedBy(path) }

// OwnsSide reports whether the path with the suffix -wal or -shm names the open log or
// its index.
func (g *Guard) OwnsSide(suffix string) bool { return g.files.OwnsSide(suffix) }

// ErrLogInUse means that another process reads what only the write-ahead log has.
var ErrLogInUse = errors.New("a reader still needs the write-ahead log")

// Checkpoint moves the whole write-ahead log into the file and empties it. It returns
// ErrLogInUse if a reader prevents that for seconds.
func (g *Guard) Checkpoint(ctx context.Context) error {
	var busy, frames, copied int64
	if err := g.write.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &frames, &copied); err != nil {
		g.Notice(err)
		return err
	}
	if busy != 0 {
		return ErrLogInUse
	}
	g.files.Committed()
	return nil
}

// CopyTo writes the contents of the store to a new file at path. It fails with an error
// that wraps fs.ErrExist if there is one. No part of a file has that name before it is
// complete.
func (g *Guard) CopyTo(ctx context.Context, path string) error {
	part := path + ".part"
	if err := writePart(ctx, g.write, part); err != nil {
		return err
	}
	return errors.Join(os.Link(part, path), os.Remove(part))
}

// Verify checks every page of the database at path without changing it. The error says
// what is wrong.
func Verify(ctx context.Context, path string) error {
	db, err := dsn.Open(dsn.Look(path), 1)
	if err != nil {
		return err
	}
	return errors.Join(quickCheck(ctx, db), db.Close())
}

package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"vega/store/sqlite/identity"
	"vega/store/sqlite/salvage"
)

// confirmTime limits how long Trouble asks SQLite about a suspicion.
const confirmTime = 2 * time.Second

// Trouble returns what is wrong with the files of the store, or nil. It takes a few
// microseconds. A file that is damaged, overwritten or has lost a part of its log stays
// in trouble; files whose names are restored are well again.
func (s *Store) Trouble(ctx context.Context) *identity.Trouble {
	if t := s.trouble.Load(); t != nil || s.files == nil {
		return t
	}
	t := s.files.Check()
	if t == nil {
		t = s.files.Header()
	}
	if t == nil || t.Kind == identity.LogShort && !s.lostLog(ctx) {
		return nil
	}
	if t.Kind == identity.LogShort || t.Kind == identity.Overwritten {
		s.trouble.CompareAndSwap(nil, t)
	}
	return t
}

// lostLog reports whether the write-ahead log is shorter than SQLite's index of it
// says. A log that SQLite itself has emptied is not.
func (s *Store) lostLog(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, confirmTime)
	defer cancel()
	conn, err := s.read.Conn(ctx)
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
	case frames > 0 && s.files.LogSize() < header+frames*(page+frameHeader):
		return true
	}
	s.files.Committed()
	return false
}

// Notice records the error of a query if it proves that the file is damaged, and reports
// whether it does.
func (s *Store) Notice(err error) bool {
	if !isDamage(err) {
		return false
	}
	s.trouble.CompareAndSwap(nil, identity.Of(identity.Damaged))
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
func (s *Store) Linked() bool { return s.files.Linked() }

// Named reports whether the path still names the open file.
func (s *Store) Named() bool { return s.files.Named() }

// OwnsSide reports whether the path with the suffix -wal or -shm names the open log or
// its index.
func (s *Store) OwnsSide(suffix string) bool { return s.files.OwnsSide(suffix) }

// Checkpoint moves the whole write-ahead log into the file and empties it.
func (s *Store) Checkpoint(ctx context.Context) error {
	var busy, frames, copied int64
	if err := s.write.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &frames, &copied); err != nil {
		s.Notice(err)
		return err
	}
	if busy != 0 {
		return errors.New("a reader still needs the write-ahead log")
	}
	s.files.Committed()
	return nil
}

// CopyTo writes the contents of the store to a new file at path. It fails with an error
// that wraps fs.ErrExist if there is one. No part of a file has that name before it is
// complete.
func (s *Store) CopyTo(ctx context.Context, path string) error {
	part := path + ".part"
	if err := s.writePart(ctx, part); err != nil {
		return err
	}
	return errors.Join(os.Link(part, path), os.Remove(part))
}

// MergeInto adds the rows of this store, which are newer, to another one.
func (s *Store) MergeInto(ctx context.Context, next *Store) (salvage.Report, error) {
	return next.adding(func(into *sql.DB) (salvage.Report, error) {
		return salvage.Merge(ctx, s.read, into, salvage.Options{Newer: true})
	})
}

// Recover adds what can be read of the damaged database at source, which is older. It
// writes in short transactions, next to all other writers.
func (s *Store) Recover(ctx context.Context, source string) (salvage.Report, error) {
	return s.adding(func(into *sql.DB) (salvage.Report, error) { return salvage.File(ctx, source, into) })
}

// adding calls f with a connection that is not profiled: its statements are not those of
// a vega.
func (s *Store) adding(f func(into *sql.DB) (salvage.Report, error)) (salvage.Report, error) {
	into, err := pool(writerDSN(s.path), 1)
	if err != nil {
		return salvage.Report{}, err
	}
	report, err := f(into)
	return report, errors.Join(err, into.Close())
}

// Verify checks every page of the database at path without changing it. The error says
// what is wrong.
func Verify(ctx context.Context, path string) error {
	db, err := pool(lookDSN(path), 1)
	if err != nil {
		return err
	}
	return errors.Join(quickCheck(ctx, db), db.Close())
}

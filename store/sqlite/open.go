package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"modernc.org/sqlite"

	"vega/store"
	"vega/store/profile"
)

// readers is how many connections read beside the one that writes. SQLite
// lets any number read at once, but each has a page cache of its own.
const readers = 4

// Store is vega's own database. It is safe for concurrent use. All writes go
// through one connection: SQLite has one writer anyway, and one that waits in
// Go is never told that the database is busy.
type Store struct {
	path      string
	schema    []migration
	backup    string  // the file before its rows were changed, "" for none
	lock      *lock   // nil in a read-only store
	write     *sql.DB // nil in a read-only store that has a file to read
	read      *sql.DB
	guests    *Reader
	account   Account // of guests
	profiler  *profile.Profiler
	advisor   advisor
	runs      *store.Appender // nil in a store that discards
	health    store.Health
	room      room
	discards  bool   // accept writes, keep none
	temporary string // directory to remove at the end
}

// Open takes the database at path for this process and brings it up to date,
// making it, and its directory, where there is none. The caller must Close it.
//
// It fails, and changes nothing, when another vega holds the file, when the
// file is not vega's, is newer, damaged, locked or not to be written.
func Open(ctx context.Context, path string, options ...Option) (*Store, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("open the store: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("make the directory of the store: %w", err)
	}
	held, err := acquire(path + ".lock")
	if err != nil {
		return nil, fmt.Errorf("open the store: %w", err)
	}
	set := apply(options)
	s := &Store{path: path, schema: set.schema, lock: held, profiler: newProfiler(set), account: set.account, room: set.room}
	if err := s.open(ctx); err != nil {
		return nil, errors.Join(explain(path, err), s.Close())
	}
	return s, nil
}

// open looks before it touches: a writer's connection would turn any file into
// one with a write-ahead log.
func (s *Store) open(ctx context.Context) error {
	if err := makePrivate(s.path); err != nil {
		return err
	}
	if err := inspect(ctx, s.path, len(s.schema)); err != nil {
		return err
	}
	var err error
	if s.write, err = profiled(s.profiler, "writer", writerDSN(s.path), 1, s.room); err != nil {
		return err
	}
	if err := s.migrate(ctx); err != nil {
		return err
	}
	if s.read, err = profiled(s.profiler, "readers", readerDSN(s.path), readers, s.room); err != nil {
		return err
	}
	if s.guests, err = openReader(s.path, guestDSN(s.path), s.profiler, s.account, s.room); err != nil {
		return err
	}
	runs, err := newRunWriter(ctx, s)
	if err != nil {
		return err
	}
	s.runs = store.NewAppender(runs.write, &s.health)
	return nil
}

// makePrivate creates the file before SQLite does, since that would let every
// user of the machine read it. SQLite gives its side files the same mode.
func makePrivate(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

// Path is where the database lies.
func (s *Store) Path() string { return s.path }

// Close writes everything into the database file, releases it and lets another
// process have it.
func (s *Store) Close() error {
	if s.runs != nil {
		s.runs.Close()
	}
	errs := []error{s.advisor.close()}
	if s.guests != nil {
		errs = append(errs, s.guests.Close())
	}
	if s.read != nil {
		errs = append(errs, s.read.Close())
	}
	if s.write != nil {
		// A reader of another process may be in the way; then the log stays,
		// and whoever opens the database next finds it.
		_, err := s.write.ExecContext(context.Background(), "PRAGMA wal_checkpoint(TRUNCATE)")
		errs = append(errs, ignoreBusy(err), s.write.Close())
	}
	if s.lock != nil {
		errs = append(errs, s.lock.release())
	}
	if s.temporary != "" {
		errs = append(errs, os.RemoveAll(s.temporary))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("close the store %s: %w", s.path, err)
	}
	return nil
}

// pool opens n connections at most and keeps them: a connection's page cache
// is worth more than its memory. Their queries are not measured.
func pool(dsn string, n int) (*sql.DB, error) {
	connector, err := sqlite.NewConnector(dsn)
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(n)
	db.SetMaxIdleConns(n)
	return db, nil
}

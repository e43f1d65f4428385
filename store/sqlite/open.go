package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"vega/store"
	"vega/store/profile"
	"vega/store/sqlite/alerts"
	"vega/store/sqlite/backup"
	"vega/store/sqlite/dsn"
	"vega/store/sqlite/filelock"
	"vega/store/sqlite/identity"
	"vega/store/sqlite/rollups"
)

// readers is the number of connections that read in parallel with the writer.
// SQLite allows any number, but each has a page cache of its own.
const readers = 4

// Store is a store.Store in one SQLite file. All writes go through one
// connection: SQLite has a single writer anyway, and a writer that waits in Go
// never gets the error that the database is busy.
type Store struct {
	*tables
	store.Rollups
	path      string
	schema    []migration
	by        backup.Program // this vega
	backup    string         // copy of the file before it was migrated, or ""
	lock      *filelock.Lock // nil in a read-only store, and if the caller holds it
	guard     Guard
	write     *sql.DB // nil in a read-only store, unless it is empty
	writer    writer  // uses write
	read      *sql.DB
	guests    *Reader
	account   Account // of the queries of probes
	profiler  *profile.Profiler
	advisor   advisor
	runs      *store.Appender // nil in a store that discards, and if the caller queues runs
	batches   *runWriter
	health    *store.Health
	room      room
	retainer  *retainer // nil in a read-only store
	rollups   *rollups.Tables
	untend    func() // ends what rollups do in the background; may be nil
	created   bool   // by this process
	discards  bool   // validate writes, then drop them
	temporary string // directory to remove at the end
}

// tables has the queries of alerting.
type tables = alerts.Tables

var _ store.Store = (*Store)(nil)

// Open locks the database at path for this process and migrates it. It creates
// the file and its directory if necessary. The caller must Close the store.
//
// Open fails, and leaves the file unchanged, if another vega holds it, or if it
// belongs to another program, is newer than this vega, damaged, locked or not
// writable.
func Open(ctx context.Context, path string, options ...Option) (*Store, error) {
	path, err := Resolve(path)
	if err != nil {
		return nil, fmt.Errorf("open the store: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("create the directory of the store: %w", err)
	}
	set := apply(options)
	s := &Store{path: path, schema: set.schema, by: set.by, profiler: set.profiler(), account: set.account, health: set.health, room: set.room}
	if !set.kept {
		if s.lock, err = filelock.Acquire(path + ".lock"); err != nil {
			return nil, fmt.Errorf("open the store: %w", err)
		}
	}
	if err := s.open(ctx, set); err != nil {
		return nil, errors.Join(explain(path, err), s.Close())
	}
	if !set.kept {
		s.runs = store.NewAppender(s.batches.write, s.health)
	}
	return s, nil
}

// open inspects the file before it writes: the writer's connection would switch
// any file to a write-ahead log.
func (s *Store) open(ctx context.Context, set settings) error {
	if err := makePrivate(s.path); err != nil {
		return err
	}
	if err := inspect(ctx, s.path, s.schema); err != nil {
		return err
	}
	var err error
	if s.guard.files, err = identity.Open(s.path); err != nil {
		return err
	}
	if s.write, err = profiled(s.profiler, "writer", dsn.Writer(s.path), 1, s.room); err != nil {
		return err
	}
	s.guard.path, s.guard.write = s.path, s.write
	s.writer = writer{path: s.path, db: s.write, guard: &s.guard, health: s.health, kept: set.kept}
	if err := s.migrate(ctx, set.migrating); err != nil {
		return err
	}
	if s.retainer, err = newRetainer(ctx, s, set); err != nil {
		return err
	}
	if s.read, err = profiled(s.profiler, "readers", dsn.Reader(s.path), readers, s.room); err != nil {
		return err
	}
	s.guard.read = s.read
	s.tables = alerts.New(s.read, s.writer.change, false)
	set.rollups.Now = func() time.Time { return set.clock().Wall }
	s.rollups = rollups.New(s.read, s.writer.change, set.rollups, false)
	s.Rollups = s.rollups
	if s.guard.schema.want, err = expect(ctx, s.schema); err != nil {
		return err
	}
	if s.guests, err = openReader(s.path, dsn.Guest(s.path), s.profiler, s.account, s.room); err != nil {
		return err
	}
	if s.batches, err = newRunWriter(ctx, s); err != nil {
		return err
	}
	s.guard.files.Committed()
	s.guard.suspicious(ctx)                   // to compare with
	if t := s.guard.files.Check(); t != nil { // since it was opened
		return t
	}
	s.untend = s.rollups.Start()
	return nil
}

// Resolve returns the absolute path of a file without symbolic links. SQLite follows
// them, too, so the lock and the side files are those of the file itself, whatever
// path leads to it.
func Resolve(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	if target, err := filepath.EvalSymlinks(path); err == nil {
		return target, nil
	}
	// The file does not exist yet, or opening it says why not.
	if target, err := os.Readlink(path); err == nil && filepath.IsAbs(target) {
		path = target
	} else if err == nil {
		path = filepath.Join(filepath.Dir(path), target)
	}
	if dir, err := filepath.EvalSymlinks(filepath.Dir(path)); err == nil {
		path = filepath.Join(dir, filepath.Base(path))
	}
	return path, nil
}

// makePrivate creates the file before SQLite does, because SQLite would make it
// readable for every user. Its side files get the same mode.
func makePrivate(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

// Created reports whether this store was empty when it was opened: there was no file, or
// one that an earlier attempt could not fill.
func (s *Store) Created() bool { return s.created }

// Degraded implements store.Maintenance.
func (s *Store) Degraded() error { return s.health.Err() }

// Files returns the guard of the store's files.
func (s *Store) Files() *Guard { return &s.guard }

// Path returns the path of the database.
func (s *Store) Path() string { return s.path }

// Close implements store.Store. It moves the write-ahead log into the database
// file and unlocks it.
func (s *Store) Close() error {
	if s.untend != nil {
		s.untend()
	}
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
		if s.guard.trouble.Load() == nil { // else the log must not be moved into the file
			// A reader in another process may prevent this. The log then stays, and
			// the next process that opens the database uses it.
			_, err := s.write.ExecContext(context.Background(), "PRAGMA wal_checkpoint(TRUNCATE)")
			errs = append(errs, ignoreBusy(err))
		}
		errs = append(errs, s.write.Close())
	}
	s.Released()
	if s.lock != nil {
		errs = append(errs, s.lock.Release())
	}
	if s.temporary != "" {
		errs = append(errs, os.RemoveAll(s.temporary))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("close the store %s: %w", s.path, err)
	}
	return nil
}

// Released reports, after Close, whether all connections are closed. Until it does,
// the file must not be opened again: the new connections would share the write-ahead
// log of the old ones. Rows of probes may keep a connection open.
func (s *Store) Released() bool {
	for _, db := range []*sql.DB{s.write, s.read, guestPool(s.guests)} {
		if db != nil && db.Stats().OpenConnections > 0 {
			return false
		}
	}
	if s.guard.files != nil {
		_ = s.guard.files.Close() // nothing was written to it
	}
	return true
}

func guestPool(r *Reader) *sql.DB {
	if r == nil {
		return nil
	}
	r.file.mu.Lock()
	defer r.file.mu.Unlock()
	return r.file.db
}

package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"syscall"

	sqlite3 "modernc.org/sqlite/lib"

	"vega/store"
	"vega/store/sqlite/identity"
)

// exec runs a statement that writes. A nil error means that what it wrote survives a
// kill of the process.
func (s *Store) exec(ctx context.Context, statement string, args ...any) (done sql.Result, err error) {
	conn, err := s.acquire(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	done, err = conn.ExecContext(ctx, statement, args...)
	return done, s.wrote(err)
}

// change runs f in a write transaction. A nil error means what it means for exec.
func (s *Store) change(ctx context.Context, f func(*sql.Tx) error) error {
	conn, err := s.acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	return s.transact(ctx, conn, f)
}

// try is like change, but attempts to write during an outage, too.
func (s *Store) try(ctx context.Context, f func(*sql.Tx) error) error {
	if err := s.writable(ctx); err != nil {
		return err
	}
	conn, err := s.write.Conn(ctx)
	if err != nil {
		return s.wrote(err)
	}
	defer conn.Close()
	return s.transact(ctx, conn, f)
}

// acquire returns the writer's connection. Each attempt to write to a locked file takes
// seconds, and many callers may wait for the connection: if somebody else tries again
// and again, they share one that failed.
func (s *Store) acquire(ctx context.Context) (*sql.Conn, error) {
	if err := s.writable(ctx); err != nil {
		return nil, err
	}
	conn, err := s.write.Conn(ctx)
	if err != nil {
		return nil, s.wrote(err)
	}
	if s.kept {
		if err := s.health.Recent(); err != nil {
			return nil, errors.Join(err, conn.Close())
		}
	}
	return conn, nil
}

func (s *Store) transact(ctx context.Context, conn *sql.Conn, f func(*sql.Tx) error) error {
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return s.wrote(err)
	}
	if err := f(tx); err != nil {
		if rolled := tx.Rollback(); rolled != nil && !errors.Is(rolled, sql.ErrTxDone) {
			return s.wrote(errors.Join(err, rolled))
		}
		return s.wrote(err)
	}
	return s.wrote(tx.Commit())
}

// writable returns an error if what is written now would be lost.
func (s *Store) writable(ctx context.Context) error {
	if t := s.Trouble(ctx); t != nil {
		return s.refuse(t)
	}
	return nil
}

// refuse records a trouble as an outage and returns the error of the write.
func (s *Store) refuse(t *identity.Trouble) error {
	err := Unavailable(s.path, t)
	s.health.Fail(err)
	return err
}

// Unavailable returns the error of a write to the store at path while there is trouble
// with its files.
func Unavailable(path string, t *identity.Trouble) error {
	return &store.UnavailableError{Reason: t.Text, Err: fmt.Errorf("write to the store %s: %w", path, t)}
}

// wrote records how a write ended and returns its error. A write to files that have no
// name any more is not acknowledged.
func (s *Store) wrote(err error) error {
	s.Notice(err)
	switch {
	case err == nil:
		s.files.Committed()
		t := s.files.Check()
		if t == nil {
			t = s.files.Header()
		}
		if t != nil && t.Kind != identity.LogShort { // Committed has just taken the length
			return s.refuse(t)
		}
		s.health.Recover()
	case isOutage(err):
		why := cmp.Or(reason(err), err.Error())
		err = &store.UnavailableError{Reason: why, Full: isFull(err), Err: fmt.Errorf("write to the store %s: %s: %w", s.path, why, err)}
		s.health.Fail(err)
	}
	return err
}

// isOutage reports whether a write failed because of the file or the machine,
// and not because of what was written or because its caller stopped waiting.
func isOutage(err error) bool {
	switch code(err) {
	case 0:
		return ofSystem(err)
	case sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_ABORT:
		return false
	default:
		return !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded)
	}
}

// isFull reports whether a write failed for lack of space.
func isFull(err error) bool {
	return code(err) == sqlite3.SQLITE_FULL || errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

// Degraded implements store.Maintenance.
func (s *Store) Degraded() error { return s.health.Err() }

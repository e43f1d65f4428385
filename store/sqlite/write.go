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

// writer writes to the store through its one writing connection.
type writer struct {
	path   string
	db     *sql.DB
	guard  *Guard
	health *store.Health
	kept   bool // see Kept
}

// exec runs a statement that writes. A nil error means that what it wrote survives a
// kill of the process.
func (w *writer) exec(ctx context.Context, statement string, args ...any) (done sql.Result, err error) {
	conn, err := w.acquire(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	done, err = conn.ExecContext(ctx, statement, args...)
	return done, w.wrote(err)
}

// erase is like exec, for a statement that deletes or replaces what people wrote: SQLite
// also overwrites it in the pages of the file. Without that, the text would stay there
// until the page is used again. The write-ahead log keeps its copies until it is emptied.
func (w *writer) erase(ctx context.Context, statement string, args ...any) (done sql.Result, err error) {
	conn, err := w.acquire(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, "PRAGMA secure_delete=ON"); err != nil {
		return nil, w.wrote(err)
	}
	done, err = conn.ExecContext(ctx, statement, args...)
	_, _ = conn.ExecContext(context.WithoutCancel(ctx), "PRAGMA secure_delete=OFF") // else the next ones are only slower
	return done, w.wrote(err)
}

// change runs f in a write transaction. A nil error means what it means for exec.
func (w *writer) change(ctx context.Context, f func(*sql.Tx) error) error {
	conn, err := w.acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	return w.transact(ctx, conn, f)
}

// try is like change, but attempts to write during an outage, too.
func (w *writer) try(ctx context.Context, f func(*sql.Tx) error) error {
	conn, err := w.connect(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	return w.transact(ctx, conn, f)
}

// The pragma is set before a transaction, because it can't be changed within one.
const (
	syncEach = "PRAGMA synchronous=FULL"   // waits until the disk has each transaction
	syncLess = "PRAGMA synchronous=NORMAL" // see writerDSN
)

// tryDurably is like try, but what was written also survives a loss of power.
func (w *writer) tryDurably(ctx context.Context, f func(*sql.Tx) error) error {
	conn, err := w.connect(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, syncEach); err != nil {
		return w.wrote(err)
	}
	err = w.transact(ctx, conn, f)
	_, _ = conn.ExecContext(ctx, syncLess) // else the next ones are only slower
	return err
}

// connect waits for the writer's connection.
func (w *writer) connect(ctx context.Context) (*sql.Conn, error) {
	if err := w.writable(ctx); err != nil {
		return nil, err
	}
	conn, err := w.db.Conn(ctx)
	if err != nil {
		return nil, w.wrote(err)
	}
	return conn, nil
}

// acquire returns the writer's connection. Each attempt to write to a locked file takes
// seconds, and many callers may wait for the connection: if somebody else tries again
// and again, they share one that failed.
func (w *writer) acquire(ctx context.Context) (*sql.Conn, error) {
	conn, err := w.connect(ctx)
	if err != nil {
		return nil, err
	}
	if w.kept {
		if err := w.health.Recent(); err != nil {
			return nil, errors.Join(err, conn.Close())
		}
	}
	return conn, nil
}

func (w *writer) transact(ctx context.Context, conn *sql.Conn, f func(*sql.Tx) error) error {
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return w.wrote(err)
	}
	if err := f(tx); err != nil {
		return w.wrote(errors.Join(err, rollBack(tx)))
	}
	return w.wrote(tx.Commit())
}

// rollBack ends a transaction that failed. SQLite may have ended it already, on a full disk
// for example.
func rollBack(tx *sql.Tx) error {
	if err := tx.Rollback(); !errors.Is(err, sql.ErrTxDone) {
		return err
	}
	return nil
}

// writable returns an error if what is written now would be lost.
func (w *writer) writable(ctx context.Context) error {
	if t := w.guard.Trouble(ctx); t != nil {
		return w.refuse(t)
	}
	return nil
}

// refuse records a trouble as an outage and returns the error of the write.
func (w *writer) refuse(t *identity.Trouble) error {
	err := Unavailable(w.path, t)
	w.health.Fail(err)
	return err
}

// Unavailable returns the error of a write to the store at path while there is trouble
// with its files.
func Unavailable(path string, t *identity.Trouble) error {
	return &store.UnavailableError{Reason: t.Text, Err: fmt.Errorf("write to the store %s: %w", path, t)}
}

// wrote records how a write ended and returns its error. A write to files that have no
// name any more is not acknowledged.
func (w *writer) wrote(err error) error {
	w.guard.Notice(err)
	switch {
	case err == nil:
		w.guard.files.Committed()
		t := w.guard.files.Check()
		if t == nil {
			t = w.guard.files.Header()
		}
		if t != nil && t.Kind != identity.LogShort { // Committed has just taken the length
			return w.refuse(t)
		}
		w.health.Recover()
	case isOutage(err):
		why := cmp.Or(reason(err), err.Error())
		err = &store.UnavailableError{Reason: why, Full: isFull(err), Err: fmt.Errorf("write to the store %s: %s: %w", w.path, why, err)}
		w.health.Fail(err)
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

// IsFull reports whether a file could not be written for lack of space.
func IsFull(err error) bool { return isFull(err) }

// isFull reports whether a write failed for lack of space.
func isFull(err error) bool {
	return code(err) == sqlite3.SQLITE_FULL || errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

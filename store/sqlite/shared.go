package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"

	sqlite3 "modernc.org/sqlite/lib"
)

// sharedLock is a connection's shared lock on its file. A query that has it
// waits for no other lock: the time it takes from then on is its own. The lock
// is held by a statement that has not ended, because a probe's connection
// cannot begin a transaction.
type sharedLock struct {
	conn      *sql.Conn
	statement driver.Rows
}

const anyRead = "SELECT count(*) FROM sqlite_schema"

// lockShared waits for the lock on the driver's connection, so that the
// profiler does not count it as a query.
func lockShared(ctx context.Context, conn *sql.Conn) (*sharedLock, error) {
	l := &sharedLock{conn: conn}
	return l, conn.Raw(func(c any) error {
		base, err := queryer(c)
		if err != nil {
			return err
		}
		l.statement, err = base.QueryContext(ctx, anyRead, nil)
		return err
	})
}

// queryer returns the driver's connection behind the profiler's.
func queryer(conn any) (driver.QueryerContext, error) {
	if wrapped, ok := conn.(interface{ Unwrap() driver.Conn }); ok {
		conn = wrapped.Unwrap()
	}
	q, ok := conn.(driver.QueryerContext)
	if !ok {
		return nil, errors.New("the SQLite driver cannot run queries on a connection")
	}
	return q, nil
}

// release releases the lock. It may be called more than once.
func (l *sharedLock) release() error {
	if l == nil {
		return nil
	}
	if l.statement == nil {
		return nil
	}
	return l.conn.Raw(func(any) error {
		err := l.statement.Close()
		l.statement = nil
		return err
	})
}

// ErrLocked means that another connection, usually of another process, locked
// the file until the deadline.
var ErrLocked = errors.New("locked by another connection")

// How long waitForLock pauses between two attempts.
const (
	firstPause = time.Millisecond
	maxPause   = 50 * time.Millisecond
)

// waitForLock calls f again while another connection has the file locked, until
// ctx ends. SQLite would wait for a
// fixed time, whatever the deadline.
func waitForLock(ctx context.Context, f func() error) error {
	for pause := firstPause; ; pause = min(2*pause, maxPause) {
		err := f()
		if code(err) != sqlite3.SQLITE_BUSY {
			return err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
		}
		if ctx.Err() != nil { // perhaps during the pause; another attempt would blame something else
			return fmt.Errorf("%w: %w", ErrLocked, ctx.Err())
		}
	}
}

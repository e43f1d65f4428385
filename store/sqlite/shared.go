package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
)

// shared is the shared lock of a connection on its file. Whoever has it waits
// for no lock any more: what a query takes from then on is its own computing.
// It is held by a statement that has not come to its end, since a guest's
// connection may begin no transaction.
type shared struct {
	conn      *sql.Conn
	statement driver.Rows
}

const anyRead = "SELECT count(*) FROM sqlite_schema"

// lockShared waits for the lock, on the driver's own connection: it is no query
// of anybody's to be counted.
func lockShared(ctx context.Context, conn *sql.Conn) (*shared, error) {
	l := &shared{conn: conn}
	return l, conn.Raw(func(c any) error {
		base, err := queryer(c)
		if err != nil {
			return err
		}
		l.statement, err = base.QueryContext(ctx, anyRead, nil)
		return err
	})
}

// queryer is the driver's connection behind that of the profiler.
func queryer(conn any) (driver.QueryerContext, error) {
	if wrapped, ok := conn.(interface{ Unwrap() driver.Conn }); ok {
		conn = wrapped.Unwrap()
	}
	q, ok := conn.(driver.QueryerContext)
	if !ok {
		return nil, errors.New("SQLite's driver runs no query on a connection")
	}
	return q, nil
}

// release gives the lock up. It may be called again.
func (l *shared) release() error {
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

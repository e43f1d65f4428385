package databases

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"

	"vega/plugins"
)

// discardAll ends all that a session of PostgreSQL remembers from one query to the
// next: locks that outlive their transaction, settings, temporary tables, prepared
// statements, what it listens to.
const discardAll = "DISCARD ALL"

// query runs one statement in a transaction that may only read, in a session that
// holds nothing of an earlier query and leaves nothing behind.
func (s server) query(ctx context.Context, query string) (plugins.Rows, error) {
	if err := mustRead(query); err != nil {
		return nil, err
	}
	conn, err := s.Conn(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := s.queryOn(ctx, conn, query)
	if err != nil {
		return nil, errors.Join(err, s.giveBack(ctx, conn))
	}
	return rows, nil
}

func (s server) queryOn(ctx context.Context, conn *sql.Conn, query string) (*txRows, error) {
	bound, err := s.bounds.of(conn)
	if err != nil {
		return nil, err
	}
	bound.allow(maxRow)
	tx, err := conn.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return nil, bound.explain(err)
	}
	rows, err := tx.QueryContext(ctx, query) //nolint:rowserrcheck // the caller asks Err
	if err != nil {
		return nil, errors.Join(bound.explain(err), rollback(tx))
	}
	return &txRows{rows, tx, bound, func() error { return s.giveBack(ctx, conn) }}, nil
}

// giveBack resets the session, or ends it where that can't be done or there is no
// time left.
func (s server) giveBack(ctx context.Context, conn *sql.Conn) error {
	if s.discard != "" && ctx.Err() == nil {
		if _, err := conn.ExecContext(ctx, s.discard); err == nil {
			return conn.Close()
		}
	}
	// The error makes the pool close the connection.
	if err := conn.Raw(func(any) error { return driver.ErrBadConn }); !errors.Is(err, driver.ErrBadConn) {
		return err
	}
	return nil
}

// txRows end their transaction when they are closed, and with it what the query did
// in its session.
type txRows struct {
	*sql.Rows
	tx       *sql.Tx
	bound    *bounded
	giveBack func() error
}

// Scan copies the columns of the current row.
func (r *txRows) Scan(dest ...any) error {
	err := r.Rows.Scan(dest...)
	size := 0
	for _, d := range dest {
		if column, ok := d.(*sql.RawBytes); ok {
			size += len(*column)
		}
	}
	r.bound.earn(len(dest), size)
	return err
}

// Err is what ended the rows.
func (r *txRows) Err() error { return r.bound.explain(r.Rows.Err()) }

// Close ends the transaction.
func (r *txRows) Close() error {
	return errors.Join(r.Rows.Close(), rollback(r.tx), r.giveBack())
}

// rollback is silent about a transaction that the end of its context ended.
func rollback(tx *sql.Tx) error {
	if err := tx.Rollback(); !errors.Is(err, sql.ErrTxDone) {
		return err
	}
	return nil
}

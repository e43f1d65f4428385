package databases

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"vega/daemon/databases/accept"
	"vega/plugins"
)

// discardAll resets the state of a PostgreSQL session: locks, settings, temporary
// tables, prepared statements and LISTEN.
const discardAll = "DISCARD ALL"

// query runs one statement in a read-only transaction. No session state carries
// over from one query to the next.
func (s server) query(ctx context.Context, query string) (plugins.Rows, error) {
	if err := accept.Query(s.driver, query); err != nil {
		return nil, refused(err)
	}
	if s.pipeline.Load() {
		return s.queryOnce(ctx, query, s.queryPipelined)
	}
	rows, err := s.queryOnce(ctx, query, s.queryOn)
	if !refusesTransactions(err) {
		return rows, err
	}
	rows, again := s.queryOnce(ctx, query, s.queryPipelined)
	if again != nil && (refusesTransactions(again) || ctx.Err() != nil) {
		return nil, err
	}
	if again == nil {
		s.pipeline.Store(true)
	}
	return rows, again
}

// queryOnce runs a query with run on a connection of its own.
func (s server) queryOnce(ctx context.Context, query string, run func(context.Context, *sql.Conn, string) (plugins.Rows, error)) (plugins.Rows, error) {
	conn, err := s.Conn(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := run(ctx, conn, query)
	if err != nil {
		return nil, errors.Join(err, s.returnConn(ctx, conn))
	}
	return rows, nil
}

// noTransaction is the error of a server that accepted the login and refused to
// begin a transaction.
type noTransaction struct{ error }

// Unwrap returns the error of the server.
func (e noTransaction) Unwrap() error { return e.error }

// refusesTransactions reports whether a pooler may be the one to refuse: PgBouncer
// reports all of its own errors as violations of the protocol.
func refusesTransactions(err error) bool {
	refusal, ok := errors.AsType[noTransaction](err)
	if !ok {
		return false
	}
	pg, ok := errors.AsType[*pgconn.PgError](refusal)
	return ok && strings.HasPrefix(pg.Code, "08")
}

// queryPipelined runs a query in a read-only transaction of a single exchange.
func (s server) queryPipelined(ctx context.Context, conn *sql.Conn, query string) (plugins.Rows, error) {
	bound, err := s.bounds.boundedOf(conn)
	if err != nil {
		return nil, err
	}
	bound.allow(maxRow)
	rows, err := conn.QueryContext(context.WithValue(ctx, pipelined{}, true), query) //nolint:rowserrcheck // the caller checks Err
	if err != nil {
		return nil, bound.explain(err)
	}
	return &txRows{rows, bound, func() error { return s.returnConn(ctx, conn) }}, nil
}

// refused marks a query that vega does not run.
func refused(why error) error { return &failure{text: why.Error(), kind: plugins.ErrRefused} }

func (s server) queryOn(ctx context.Context, conn *sql.Conn, query string) (plugins.Rows, error) {
	bound, err := s.bounds.boundedOf(conn)
	if err != nil {
		return nil, err
	}
	bound.allow(maxRow)
	back := func() error { return s.returnConn(ctx, conn) }
	if onConsole(conn) {
		return askConsole(ctx, conn, bound, query)
	}
	tx, err := conn.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return nil, noTransaction{bound.explain(err)}
	}
	rows, err := tx.QueryContext(ctx, query) //nolint:rowserrcheck // the caller checks Err
	if err != nil {
		return nil, errors.Join(bound.explain(err), rollback(tx))
	}
	return &txRows{rows, bound, func() error { return errors.Join(rollback(tx), back()) }}, nil
}

// returnConn resets the session and returns the connection to the pool. If the reset
// fails or no time is left for it, returnConn closes the connection.
func (s server) returnConn(ctx context.Context, conn *sql.Conn) error {
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

// txRows wraps the rows of a query. Close ends the transaction and resets the
// session.
type txRows struct {
	*sql.Rows
	bound *bounded
	end   func() error
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
	r.bound.credit(len(dest), size)
	return err
}

// Err returns the error that ended the iteration, if any.
func (r *txRows) Err() error { return r.bound.explain(r.Rows.Err()) }

// Close ends the transaction.
func (r *txRows) Close() error {
	return errors.Join(r.Rows.Close(), r.end())
}

// rollback rolls back a transaction, unless it has already ended with its context.
func rollback(tx *sql.Tx) error {
	if err := tx.Rollback(); !errors.Is(err, sql.ErrTxDone) {
		return err
	}
	return nil
}

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
		return s.queryBy(ctx, (*session).pipelined, query)
	}
	rows, err := s.queryBy(ctx, (*session).inTransaction, query)
	if !refusesTransactions(err) {
		return rows, err
	}
	rows, again := s.queryBy(ctx, (*session).pipelined, query)
	if again != nil && (refusesTransactions(again) || ctx.Err() != nil) {
		return nil, err
	}
	if again == nil {
		s.pipeline.Store(true)
	}
	return rows, again
}

// session is a connection that is in use for one query.
type session struct {
	server
	conn  *sql.Conn
	bound *bounded
	ctx   context.Context
	stop  func() bool // of what interrupts the connection when ctx ends
}

// queryBy runs a query with a method of session, on a connection of its own.
func (s server) queryBy(ctx context.Context, run func(*session, string) (plugins.Rows, error), query string) (plugins.Rows, error) {
	conn, err := s.Conn(ctx)
	if err != nil {
		return nil, err
	}
	q := &session{server: s, conn: conn, ctx: ctx, stop: func() bool { return true }}
	if q.bound, err = s.bounds.boundedOf(conn); err == nil {
		q.bound.allow(maxRow)
		q.stop = context.AfterFunc(ctx, q.bound.interrupt)
		var rows plugins.Rows
		if rows, err = run(q, query); err == nil {
			return rows, nil
		}
	}
	return nil, errors.Join(err, q.close())
}

// inTransaction runs a query in a transaction, or on the console of PgBouncer.
func (q *session) inTransaction(query string) (plugins.Rows, error) {
	if onConsole(q.conn) {
		return q.onConsole(query)
	}
	tx, err := q.conn.BeginTx(q.ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return nil, noTransaction{q.bound.explain(err)}
	}
	rows, err := tx.QueryContext(q.ctx, query) //nolint:rowserrcheck // the caller checks Err
	if err != nil {
		return nil, errors.Join(q.bound.explain(err), rollback(tx))
	}
	return &txRows{rows, q.bound, func() error { return errors.Join(rollback(tx), q.close()) }}, nil
}

// pipelined runs a query in a read-only transaction of a single exchange.
func (q *session) pipelined(query string) (plugins.Rows, error) {
	rows, err := q.conn.QueryContext(context.WithValue(q.ctx, pipelined{}, true), query) //nolint:rowserrcheck // the caller checks Err
	if err != nil {
		return nil, q.bound.explain(err)
	}
	return &txRows{rows, q.bound, q.close}, nil
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

// close resets the session and returns the connection to the pool. If the reset
// fails or no time is left for it, close closes the connection.
func (q *session) close() error {
	if q.discard == "" || q.ctx.Err() != nil {
		return q.release(false)
	}
	_, err := q.conn.ExecContext(q.ctx, q.discard)
	return q.release(err == nil)
}

// release returns the connection to the pool, or closes it.
func (q *session) release(usable bool) error {
	if q.stop() && usable {
		return q.conn.Close()
	}
	// The error makes the pool close the connection.
	if err := q.conn.Raw(func(any) error { return driver.ErrBadConn }); !errors.Is(err, driver.ErrBadConn) {
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

// refused marks a query that vega does not run.
func refused(why error) error { return &failure{text: why.Error(), kind: plugins.ErrRefused} }

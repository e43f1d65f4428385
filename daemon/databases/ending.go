package databases

import (
	"context"
	"database/sql/driver"
	"errors"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// A PostgreSQL server drops a cancellation that arrives between two messages of a query,
// and does not notice that a client is gone. So each transaction has a statement_timeout,
// too: no query outlives the run that sent it for long.

// endAfter is how long after the deadline of a query the server ends it. Until then, the
// cancellation does, and the reason is vega's timeout.
const endAfter = time.Second

// ends returns what limits the statements of a transaction in a SELECT that has a column
// already. A shorter limit of the role stays. Without a deadline it is "".
func ends(ctx context.Context) string {
	deadline, ok := ctx.Deadline()
	if !ok {
		return ""
	}
	left := max(time.Until(deadline)+endAfter, endAfter).Milliseconds()
	return ", set_config('statement_timeout', least(" + strconv.FormatInt(left, 10) +
		", nullif(extract(epoch from current_setting('statement_timeout')::interval) * 1000, 0))::bigint::text, true)"
}

// BeginTx begins a transaction. A read-only one is bounded by the context's deadline on
// the server as well, in the same exchange, unless the server can't do that, as some that
// only speak PostgreSQL's protocol.
func (c *pipelineConn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	limit := ends(ctx)
	if !opts.ReadOnly || opts.Isolation != 0 || limit == "" {
		return c.Conn.BeginTx(ctx, opts)
	}
	conn := c.Conn.Conn().PgConn()
	_, err := conn.Exec(ctx, "begin read only; select 1"+limit).ReadAll()
	if err == nil {
		return &boundedTx{ctx, conn}, nil
	}
	if !lacks(err) {
		return nil, err
	}
	if _, err := conn.Exec(ctx, "rollback").ReadAll(); err != nil {
		return nil, err
	}
	return c.Conn.BeginTx(ctx, opts)
}

// lacks reports whether a server does not know what ends uses: a syntax error, an unknown
// function or setting, or a type that can't be converted.
func lacks(err error) bool {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	return ok && len(pg.Code) == 5 && (pg.Code[:2] == "42" || pg.Code[:2] == "22" || pg.Code[:2] == "0A")
}

// boundedTx is a transaction that BeginTx began.
type boundedTx struct {
	ctx  context.Context
	conn *pgconn.PgConn
}

// Commit ends the transaction. It has written nothing.
func (t *boundedTx) Commit() error { return t.end("commit") }

// Rollback ends the transaction.
func (t *boundedTx) Rollback() error { return t.end("rollback") }

func (t *boundedTx) end(statement string) error {
	_, err := t.conn.Exec(t.ctx, statement).ReadAll()
	return err
}

var _ driver.ConnBeginTx = (*pipelineConn)(nil)

package plugins

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/tetratelabs/wazero/api"

	"vega/plugins/grant"
	"vega/plugins/ledger"
	"vega/plugins/secret"
	"vega/plugins/span"
)

// result is the open result of a query.
type result struct {
	rows    Rows
	span    span.Span // of the call that returned it
	columns []sql.RawBytes
	scan    []any
	row     ledger.Holding // of the current row
}

const (
	// queryMemory is the memory of an open query besides its row, in bytes:
	// tables and buffers of the database or its driver.
	queryMemory = 256 << 10
	// rowCopies is the number of copies of a row: the driver's and the
	// reader's.
	rowCopies = 2
	// columnMemory is the memory of a column besides its value, in bytes.
	columnMemory = 64
)

func (r *result) close() {
	_ = r.rows.Close() // sql_next has reported any error
	r.span.End()
	r.row.Release()
}

// next advances to the next row and counts its memory.
func (r *result) next(g *guest) (more bool, err error) {
	clear(r.columns) // their memory belongs to the driver again
	r.row.Release()
	g.lease.Charge(priceMove)
	g.wait(func() { more = r.rows.Next() })
	if !more {
		return false, r.rows.Err()
	}
	if err := r.rows.Scan(r.scan...); err != nil {
		return false, err
	}
	size := 0
	for _, c := range r.columns {
		size += len(c)
	}
	g.lease.Charge(moved(size))
	return true, r.row.Grow(rowCopies * size)
}

var sqlCalls = map[string]hostCall{
	"sql_query": {[]api.ValueType{i32, i32, i32, i32}, errnoI32, func(c *call) int64 {
		t, err := c.texts(0, 2)
		if err != nil {
			return int64(c.fail(err))
		}
		if err := c.in.Grants.AllowsSQL(t[0]); err != nil {
			return int64(c.deny(err))
		}
		if count[*result](&c.handles) >= maxQueries {
			return int64(c.fail(fmt.Errorf("%w: %d queries are already open, the maximum; close those no longer needed", ErrQuota, maxQueries)))
		}
		r, err := query(c, t[0], t[1])
		if err != nil {
			return int64(c.deny(err))
		}
		return c.open(r, queryMemory+columnMemory*len(r.columns))
	}},
	"sql_next": {[]api.ValueType{i32}, errnoI32, func(c *call) int64 {
		r, err := at[*result](&c.handles, c.i32(0))
		if err != nil {
			return int64(c.fail(err))
		}
		more, err := r.next(c.guest)
		switch {
		case err != nil:
			return int64(c.fail(err))
		case more:
			return 1
		default:
			return 0
		}
	}},
	"sql_column": {[]api.ValueType{i32, i32, i32, i32}, errnoI32, func(c *call) int64 {
		r, err := at[*result](&c.handles, c.i32(0))
		i := c.i32(1)
		switch {
		case err != nil:
		case i < 0 || int(i) >= len(r.columns):
			err = fmt.Errorf("%w: column %d of %d", errInvalid, i, len(r.columns))
		case r.columns[i] == nil:
			err = fmt.Errorf("column %d is NULL: %w", i, errNotSet)
		}
		if err != nil {
			return int64(c.fail(err))
		}
		return put(c, 2, []byte(r.columns[i]))
	}},
}

// query runs a query, with secrets in place of placeholders if the grants allow it.
func query(c *call, database, text string) (*result, error) {
	if c.module.sandbox.options.Databases == nil {
		return nil, fmt.Errorf("%w: this sandbox has no databases", errNotSet)
	}
	if c.vault.Holds([]byte(text)) {
		if err := c.in.Grants.AllowsSecrets("a secret in a query of database." + database); err != nil {
			return nil, err
		}
	}
	real, _ := c.vault.Reveal(secret.Raw, []byte(text))
	call := c.in.Span.Begin(span.SQL, "sql_query")
	call.Text(span.Database, database)
	found, err := rows(span.With(c.ctx, call), c, database, string(real))
	if err != nil {
		c.endSpan(call, err)
		return nil, err
	}
	names, err := found.Columns()
	if err != nil {
		_ = found.Close() // the first error is the one to report
		c.endSpan(call, err)
		return nil, err
	}
	r := &result{rows: found, span: call, columns: make([]sql.RawBytes, len(names)), scan: make([]any, len(names)), row: ledger.NewHolding(c.guest)}
	for i := range r.columns {
		r.scan[i] = &r.columns[i]
	}
	return r, nil
}

// rows runs a query and waits for the database. A database that computes in
// this process charges the run itself, through Accounts.
func rows(ctx context.Context, c *call, database, text string) (rows Rows, err error) {
	c.lease.Charge(priceQuery)
	c.wait(func() { rows, err = c.module.sandbox.options.Databases.Query(ctx, database, text) })
	if errors.Is(err, ErrRefused) {
		err = &grant.Denial{Asked: err.Error()}
	}
	return rows, err
}

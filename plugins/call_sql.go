package plugins

import (
	"database/sql"
	"errors"
	"fmt"

	"github.com/tetratelabs/wazero/api"

	"vega/plugins/grant"
	"vega/plugins/secret"
)

// result is the open answer of a query.
type result struct {
	rows    Rows
	columns []sql.RawBytes
	scan    []any
	row     holding // the current one
}

const (
	// queryMemory is what an open query takes besides its row: tables and
	// buffers of the database or its driver.
	queryMemory = 256 << 10
	// rowCopies is how often a row is there: the driver's, and the reader's.
	rowCopies = 2
	// columnMemory is what a column takes besides its value.
	columnMemory = 64
)

func (r *result) close() {
	_ = r.rows.Close() // the error, if any, was told by sql_next
	r.row.release()
}

// next goes to the next row, and counts it.
func (r *result) next(g *guest) (more bool, err error) {
	clear(r.columns) // the memory behind them is the driver's again
	r.row.release()
	g.pay(priceMove)
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
	g.pay(moved(size))
	return true, r.row.more(rowCopies * size)
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
		if c.openQueries() >= maxQueries {
			return int64(c.fail(fmt.Errorf("%w: more than %d queries are open; close what is no longer needed", ErrQuota, maxQueries)))
		}
		r, err := c.query(t[0], t[1])
		if err != nil {
			return int64(c.deny(err))
		}
		return int64(c.openHolding(r, queryMemory+columnMemory*len(r.columns)))
	}},
	"sql_next": {[]api.ValueType{i32}, errnoI32, func(c *call) int64 {
		r, err := at[*result](c.guest, c.i32(0))
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
		r, err := at[*result](c.guest, c.i32(0))
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

func (g *guest) openQueries() (n int) {
	for _, s := range g.handles {
		if _, ok := s.handle.(*result); ok {
			n++
		}
	}
	return n
}

func (c *call) query(database, query string) (*result, error) {
	if c.module.sandbox.options.Databases == nil {
		return nil, fmt.Errorf("%w: no database is known", errNotSet)
	}
	if c.vault.Holds([]byte(query)) {
		if err := c.in.Grants.AllowsSecrets("a secret in a query of database." + database); err != nil {
			return nil, err
		}
	}
	real, _ := c.vault.Reveal(secret.Raw, []byte(query))
	rows, err := c.rows(database, string(real))
	if err != nil {
		return nil, err
	}
	names, err := rows.Columns()
	if err != nil {
		_ = rows.Close() // the first error is the one to tell
		return nil, err
	}
	r := &result{rows: rows, columns: make([]sql.RawBytes, len(names)), scan: make([]any, len(names)), row: holding{of: c.guest}}
	for i := range r.columns {
		r.scan[i] = &r.columns[i]
	}
	return r, nil
}

// rows asks the database, which is waited for. One that computes in vega itself
// says so, by Accounts.
func (c *call) rows(database, query string) (rows Rows, err error) {
	c.pay(priceQuery)
	c.wait(func() { rows, err = c.module.sandbox.options.Databases.Query(c.ctx, database, query) })
	if errors.Is(err, ErrRefused) {
		err = &grant.Denial{Asked: err.Error()}
	}
	return rows, err
}

package plugins

import (
	"database/sql"
	"fmt"

	"github.com/tetratelabs/wazero/api"

	"vega/plugins/secret"
)

// result is the open answer of a query.
type result struct {
	rows    Rows
	columns []sql.RawBytes
	scan    []any
}

func (r *result) close() { _ = r.rows.Close() } // the error, if any, was told by sql_next

var sqlCalls = map[string]hostCall{
	"sql_query": {[]api.ValueType{i32, i32, i32, i32}, errnoI32, func(c *call) int64 {
		t, err := c.texts(0, 2)
		if err != nil {
			return int64(c.fail(err))
		}
		if err := c.in.Grants.AllowsSQL(t[0]); err != nil {
			return int64(c.deny(err))
		}
		r, err := c.query(t[0], t[1])
		if err != nil {
			return int64(c.fail(err))
		}
		return int64(c.open(r))
	}},
	"sql_next": {[]api.ValueType{i32}, errnoI32, func(c *call) int64 {
		r, err := at[*result](c.guest, c.i32(0))
		if err != nil {
			return int64(c.fail(err))
		}
		if !r.rows.Next() {
			clear(r.columns) // the memory behind them is the driver's again
			if err := r.rows.Err(); err != nil {
				return int64(c.fail(err))
			}
			return 0
		}
		if err := r.rows.Scan(r.scan...); err != nil {
			return int64(c.fail(err))
		}
		return 1
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
		return c.put(2, c.vault.HideString(string(r.columns[i])))
	}},
}

func (c *call) query(database, query string) (*result, error) {
	if c.sandbox.options.Databases == nil {
		return nil, fmt.Errorf("%w: no database is known", errNotSet)
	}
	real, _ := c.vault.Reveal(secret.Raw, []byte(query))
	rows, err := c.sandbox.options.Databases.Query(c.ctx, database, string(real))
	if err != nil {
		return nil, err
	}
	names, err := rows.Columns()
	if err != nil {
		_ = rows.Close() // the first error is the one to tell
		return nil, err
	}
	r := &result{rows: rows, columns: make([]sql.RawBytes, len(names)), scan: make([]any, len(names))}
	for i := range r.columns {
		r.scan[i] = &r.columns[i]
	}
	return r, nil
}

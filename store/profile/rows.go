package profile

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"reflect"
	"time"
)

// rows are the result of a query, measured until they are closed. They have all
// optional interfaces: if the driver lacks one, they return what database/sql
// assumes without it.
type rows struct {
	base driver.Rows
	conn *conn
	kept *prepared // the cached statement to release, or nil
	run  run
	ctx  context.Context

	// For the plan; dropped when the rows are closed.
	query string
	args  []driver.NamedValue

	newer, older *rows // guarded by conn.mu
}

// link adds the rows to the open rows of the connection.
func (r *rows) link() {
	c := r.conn
	c.mu.Lock()
	defer c.mu.Unlock()
	if r.older = c.open; r.older != nil {
		r.older.newer = r
	}
	c.open = r
}

func (r *rows) unlink() {
	c := r.conn
	c.mu.Lock()
	defer c.mu.Unlock()
	if r.newer != nil {
		r.newer.older = r.older
	} else {
		c.open = r.older
	}
	if r.older != nil {
		r.older.newer = r.newer
	}
	r.newer, r.older = nil, nil
}

// Columns implements driver.Rows.
func (r *rows) Columns() []string { return r.base.Columns() }

// Next implements driver.Rows.
func (r *rows) Next(dest []driver.Value) error {
	began := r.conn.profiler.now()
	r.conn.call.begin(r.run.text, began-r.run.call-r.run.next)
	err := r.base.Next(dest)
	r.conn.call.end()
	ended := r.conn.profiler.now()
	r.run.next += ended - began
	switch {
	case err == nil:
		if r.run.rows == 0 {
			r.run.first = ended - r.run.began
		}
		r.run.rows++
	case !errors.Is(err, io.EOF):
		r.run.err = err
	}
	return err
}

// Close implements driver.Rows. It ends the query.
func (r *rows) Close() error {
	c := r.conn
	began := c.profiler.now()
	r.run.held = began - r.run.began - r.run.call
	c.call.begin(r.run.text, began-r.run.call-r.run.next)
	err := r.base.Close()
	c.call.end()
	r.run.closing = c.profiler.now() - began
	if err != nil && r.run.err == nil {
		r.run.err = err
	}
	r.unlink()
	if r.kept != nil {
		c.cache.release(r.kept, r.run.err)
	}
	c.update(&r.run)
	if c.wantsPlan(&r.run) {
		// Another goroutine may close the rows, so use only values that the
		// caller cannot be changing.
		if args, ok := unchanging(r.args); ok {
			r.run.plan = c.plan(&r.run, r.query, args)
		}
	}
	c.record(r.ctx, &r.run)
	r.kept, r.query, r.args = nil, "", nil
	return err
}

// unchanging copies the arguments so that the caller cannot change them, and reports
// whether it could. A []byte becomes empty, because plans hardly depend on its
// content.
func unchanging(args []driver.NamedValue) ([]driver.NamedValue, bool) {
	safe := make([]driver.NamedValue, len(args))
	for i, arg := range args {
		safe[i] = arg
		switch arg.Value.(type) {
		case nil, int64, float64, bool, string, time.Time:
		case []byte:
			safe[i].Value = []byte{}
		default:
			if !plain(reflect.TypeOf(arg.Value).Kind()) {
				return nil, false
			}
		}
	}
	return safe, true
}

func plain(kind reflect.Kind) bool {
	return kind <= reflect.Complex128 || kind == reflect.String
}

// HasNextResultSet implements driver.RowsNextResultSet.
func (r *rows) HasNextResultSet() bool {
	if next, ok := r.base.(driver.RowsNextResultSet); ok {
		return next.HasNextResultSet()
	}
	return false
}

// NextResultSet implements driver.RowsNextResultSet.
func (r *rows) NextResultSet() error {
	next, ok := r.base.(driver.RowsNextResultSet)
	if !ok {
		return io.EOF
	}
	began := r.conn.profiler.now()
	r.conn.call.begin(r.run.text, began-r.run.call-r.run.next)
	err := next.NextResultSet()
	r.conn.call.end()
	r.run.next += r.conn.profiler.now() - began
	if err != nil && !errors.Is(err, io.EOF) {
		r.run.err = err
	}
	return err
}

// ColumnTypeScanType implements driver.RowsColumnTypeScanType.
func (r *rows) ColumnTypeScanType(index int) reflect.Type {
	if column, ok := r.base.(driver.RowsColumnTypeScanType); ok {
		return column.ColumnTypeScanType(index)
	}
	return reflect.TypeFor[any]()
}

// ColumnTypeDatabaseTypeName implements driver.RowsColumnTypeDatabaseTypeName.
func (r *rows) ColumnTypeDatabaseTypeName(index int) string {
	if column, ok := r.base.(driver.RowsColumnTypeDatabaseTypeName); ok {
		return column.ColumnTypeDatabaseTypeName(index)
	}
	return ""
}

// ColumnTypeLength implements driver.RowsColumnTypeLength.
func (r *rows) ColumnTypeLength(index int) (length int64, ok bool) {
	if column, ok := r.base.(driver.RowsColumnTypeLength); ok {
		return column.ColumnTypeLength(index)
	}
	return 0, false
}

// ColumnTypeNullable implements driver.RowsColumnTypeNullable.
func (r *rows) ColumnTypeNullable(index int) (nullable, ok bool) {
	if column, ok := r.base.(driver.RowsColumnTypeNullable); ok {
		return column.ColumnTypeNullable(index)
	}
	return false, false
}

// ColumnTypePrecisionScale implements driver.RowsColumnTypePrecisionScale.
func (r *rows) ColumnTypePrecisionScale(index int) (precision, scale int64, ok bool) {
	if column, ok := r.base.(driver.RowsColumnTypePrecisionScale); ok {
		return column.ColumnTypePrecisionScale(index)
	}
	return 0, 0, false
}

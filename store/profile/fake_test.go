package profile_test

import (
	"context"
	"database/sql/driver"
	"fmt"
	"io"
	"reflect"
	"sync"
)

// fake is a driver that records what is asked of it and counts what is open.
// The connection and statement types that are composed of the parts below
// determine its behavior.
type fake struct {
	conn func(*fakeConn) driver.Conn
	stmt func(*fakeStmt) driver.Stmt
	rows func(*fakeRows) driver.Rows
	fail func(call string) error

	mu                     sync.Mutex
	log                    []string
	conns, stmts, openRows int
	closedConnector        bool
}

func (f *fake) did(format string, args ...any) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	call := fmt.Sprintf(format, args...)
	f.log = append(f.log, call)
	if f.fail != nil {
		return f.fail(call)
	}
	return nil
}

func (f *fake) count(what *int, n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	*what += n
}

func (f *fake) Connect(context.Context) (driver.Conn, error) {
	if err := f.did("connect"); err != nil {
		return nil, err
	}
	f.count(&f.conns, 1)
	c := &fakeConn{f}
	if f.conn == nil {
		return c, nil
	}
	return f.conn(c), nil
}

func (f *fake) Driver() driver.Driver { return nil }

func (f *fake) Close() error {
	f.closedConnector = true
	return nil
}

// fakeConn has the required methods of a connection.
type fakeConn struct{ f *fake }

func (c *fakeConn) Prepare(query string) (driver.Stmt, error) {
	if err := c.f.did("prepare %s", query); err != nil {
		return nil, err
	}
	c.f.count(&c.f.stmts, 1)
	s := &fakeStmt{c.f, query}
	if c.f.stmt == nil {
		return s, nil
	}
	return c.f.stmt(s), nil
}

func (c *fakeConn) Close() error {
	c.f.count(&c.f.conns, -1)
	return c.f.did("close")
}

func (c *fakeConn) Begin() (driver.Tx, error) { return fakeTx{c.f}, c.f.did("begin") }

type fakeTx struct{ f *fake }

func (t fakeTx) Commit() error   { return t.f.did("commit") }
func (t fakeTx) Rollback() error { return t.f.did("rollback") }

type fakeStmt struct {
	f     *fake
	query string
}

func (s *fakeStmt) Close() error {
	s.f.count(&s.f.stmts, -1)
	return s.f.did("close statement %s", s.query)
}
func (s *fakeStmt) NumInput() int { return -1 }
func (s *fakeStmt) Exec(args []driver.Value) (driver.Result, error) {
	return driver.RowsAffected(2), s.f.did("statement exec %s %v", s.query, args)
}

func (s *fakeStmt) Query(args []driver.Value) (driver.Rows, error) {
	if err := s.f.did("statement query %s %v", s.query, args); err != nil {
		return nil, err
	}
	return s.f.answer(), nil
}

func (f *fake) answer() driver.Rows {
	f.count(&f.openRows, 1)
	r := &fakeRows{f: f, left: 3}
	if f.rows == nil {
		return r
	}
	return f.rows(r)
}

type fakeRows struct {
	f    *fake
	left int
}

func (r *fakeRows) Columns() []string { return []string{"n"} }
func (r *fakeRows) Close() error {
	r.f.count(&r.f.openRows, -1)
	return r.f.did("close rows")
}

func (r *fakeRows) Next(dest []driver.Value) error {
	if err := r.f.did("next"); err != nil {
		return err
	}
	if r.left == 0 {
		return io.EOF
	}
	r.left--
	dest[0] = int64(r.left)
	return nil
}

// Parts of connections.

type oldExec struct{ f *fake }

func (p oldExec) Exec(query string, args []driver.Value) (driver.Result, error) {
	return driver.RowsAffected(1), p.f.did("exec %s %v", query, args)
}

type oldQuery struct{ f *fake }

func (p oldQuery) Query(query string, args []driver.Value) (driver.Rows, error) {
	if err := p.f.did("query %s %v", query, args); err != nil {
		return nil, err
	}
	return p.f.answer(), nil
}

type newExec struct{ f *fake }

func (p newExec) ExecContext(_ context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	return driver.RowsAffected(1), p.f.did("exec context %s %v", query, args)
}

type newQuery struct{ f *fake }

func (p newQuery) QueryContext(_ context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	if err := p.f.did("query context %s %v", query, args); err != nil {
		return nil, err
	}
	return p.f.answer(), nil
}

type newPrepare struct{ c *fakeConn }

func (p newPrepare) PrepareContext(_ context.Context, query string) (driver.Stmt, error) {
	_ = p.c.f.did("prepare context")
	return p.c.Prepare(query)
}

type newBegin struct{ f *fake }

func (p newBegin) BeginTx(_ context.Context, o driver.TxOptions) (driver.Tx, error) {
	return fakeTx(p), p.f.did("begin %+v", o)
}

type pinger struct{ f *fake }

func (p pinger) Ping(context.Context) error { return p.f.did("ping") }

type resetter struct{ f *fake }

func (p resetter) ResetSession(context.Context) error { return p.f.did("reset") }

type validator struct{ f *fake }

func (p validator) IsValid() bool { return p.f.did("valid?") == nil }

type checker struct{ f *fake }

// CheckNamedValue accepts odd values unchanged and leaves others to the
// default.
func (p checker) CheckNamedValue(v *driver.NamedValue) error {
	_ = p.f.did("check %v", v.Value)
	if _, ok := v.Value.(odd); ok {
		return nil
	}
	return driver.ErrSkip
}

// odd is a value that no driver accepts by default.
type odd struct{ N int }

// Parts of statements.

type newStmtExec struct{ s *fakeStmt }

func (p newStmtExec) ExecContext(_ context.Context, args []driver.NamedValue) (driver.Result, error) {
	return driver.RowsAffected(2), p.s.f.did("statement exec context %s %v", p.s.query, args)
}

type newStmtQuery struct{ s *fakeStmt }

func (p newStmtQuery) QueryContext(_ context.Context, args []driver.NamedValue) (driver.Rows, error) {
	if err := p.s.f.did("statement query context %s %v", p.s.query, args); err != nil {
		return nil, err
	}
	return p.s.f.answer(), nil
}

type converter struct{ f *fake }

func (p converter) ColumnConverter(i int) driver.ValueConverter {
	_ = p.f.did("converter of %d", i)
	return converting(p)
}

type converting struct{ f *fake }

func (p converting) ConvertValue(v any) (driver.Value, error) {
	return fmt.Sprintf("converted %v", v), p.f.did("convert %v", v)
}

// Parts of rows.

type nextSet struct{ r *fakeRows }

func (p nextSet) HasNextResultSet() bool { return p.r.f.did("more?") == nil && p.r.left == 0 }
func (p nextSet) NextResultSet() error {
	if p.r.left < 0 {
		return io.EOF
	}
	p.r.left = 1
	return p.r.f.did("next set")
}

type typed struct{ f *fake }

func (typed) ColumnTypeScanType(int) reflect.Type               { return reflect.TypeFor[int64]() }
func (typed) ColumnTypeDatabaseTypeName(int) string             { return "INTEGER" }
func (typed) ColumnTypeLength(int) (int64, bool)                { return 8, true }
func (typed) ColumnTypeNullable(int) (nullable, ok bool)        { return true, true }
func (typed) ColumnTypePrecisionScale(int) (int64, int64, bool) { return 10, 2, true }

// Package shield keeps a panic of a database driver from ending vega. A driver decodes what a
// server sends, and some trust its lengths and types: one short packet of a server, or of
// whatever answers at its address, would end the daemon, or leave a pool with a connection
// that it counts for ever.
//
// New wraps a connector. What its connections are asked returns an Error instead of a panic,
// and such a connection is not used again.
package shield

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
)

// Error is a panic of a driver.
type Error struct {
	What  string // of the Go runtime, without data; "" for any other panic
	Stack string
}

// Error says what failed. It contains nothing that the server sent.
func (e *Error) Error() string {
	if e.What == "" {
		return "the driver failed"
	}
	return "the driver failed (" + e.What + ")"
}

// Conn is what vega needs of a driver's connections.
type Conn interface {
	driver.Conn
	driver.ConnPrepareContext
	driver.ConnBeginTx
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.NamedValueChecker
	driver.SessionResetter
}

// Connector is a connector that was wrapped.
type Connector struct{ base driver.Connector }

// New wraps a driver whose connections are Conns.
func New(base driver.Connector) Connector { return Connector{base} }

// Driver returns the driver.
func (c Connector) Driver() driver.Driver { return c.base.Driver() }

// Connect opens a connection. If that panics, nothing has closed the connection to the
// server.
func (c Connector) Connect(ctx context.Context) (driver.Conn, error) {
	opened, err := call(func() (driver.Conn, error) { return c.base.Connect(ctx) })
	if err != nil {
		return nil, err
	}
	base, ok := opened.(Conn)
	if !ok {
		return nil, errors.Join(fmt.Errorf("%T can't be shielded", opened), opened.Close())
	}
	wrapped := &conn{base: base}
	if _, validates := opened.(driver.Validator); validates {
		return &validated{wrapped}, nil
	}
	return wrapped, nil
}

// call returns what f returns, or its panic as an Error.
func call[T any](f func() (T, error)) (out T, err error) {
	defer func() {
		switch p := recover().(type) {
		case nil:
		case runtime.Error:
			err = &Error{p.Error(), string(debug.Stack())}
		default:
			err = &Error{"", string(debug.Stack())}
		}
	}()
	return f()
}

// do is call for a connection, which is not used again after a panic.
func do[T any](c *conn, f func() (T, error)) (out T, err error) {
	if c.broken {
		return out, driver.ErrBadConn
	}
	out, err = call(f)
	if _, panicked := errors.AsType[*Error](err); panicked {
		c.broken = true
	}
	return out, err
}

func try(c *conn, f func() error) error {
	_, err := do(c, func() (struct{}, error) { return struct{}{}, f() })
	return err
}

// conn is a connection. Like every driver.Conn, it is used by one goroutine at a time.
type conn struct {
	base   Conn
	broken bool // it panicked
}

// validated is a connection of a driver that validates its connections. For any other,
// database/sql must not believe that it does.
type validated struct{ *conn }

// IsValid reports whether the pool may keep the connection.
func (v *validated) IsValid() bool {
	validator, _ := v.base.(driver.Validator)
	return !v.broken && validator.IsValid()
}

// Unwrap returns the driver's connection.
func (c *conn) Unwrap() driver.Conn { return c.base }

// Close closes the connection, also after a panic.
func (c *conn) Close() error {
	_, err := call(func() (struct{}, error) { return struct{}{}, c.base.Close() })
	return err
}

// Ping asks the server whether it is there.
func (c *conn) Ping(ctx context.Context) error {
	return try(c, func() error { return c.base.Ping(ctx) })
}

// ResetSession prepares the connection for its next user.
func (c *conn) ResetSession(ctx context.Context) error {
	return try(c, func() error { return c.base.ResetSession(ctx) })
}

// CheckNamedValue converts an argument.
func (c *conn) CheckNamedValue(v *driver.NamedValue) error { return c.base.CheckNamedValue(v) }

// Begin begins a transaction.
func (c *conn) Begin() (driver.Tx, error) {
	return c.BeginTx(context.Background(), driver.TxOptions{})
}

// BeginTx begins a transaction.
func (c *conn) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	base, err := do(c, func() (driver.Tx, error) { return c.base.BeginTx(ctx, o) })
	if err != nil {
		return nil, err
	}
	return tx{base, c}, nil
}

// ExecContext runs a statement without rows.
func (c *conn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	return do(c, func() (driver.Result, error) { return c.base.ExecContext(ctx, query, args) })
}

// QueryContext runs a statement.
func (c *conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	return c.rows(func() (driver.Rows, error) { return c.base.QueryContext(ctx, query, args) })
}

// Prepare prepares a statement.
func (c *conn) Prepare(query string) (driver.Stmt, error) {
	return c.PrepareContext(context.Background(), query)
}

// PrepareContext prepares a statement.
func (c *conn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	base, err := do(c, func() (driver.Stmt, error) { return c.base.PrepareContext(ctx, query) })
	if err != nil {
		return nil, err
	}
	return &stmt{base, c}, nil
}

func (c *conn) rows(query func() (driver.Rows, error)) (driver.Rows, error) {
	base, err := do(c, query)
	if err != nil {
		return nil, err
	}
	return &rows{base, c}, nil
}

type tx struct {
	base driver.Tx
	of   *conn
}

// Commit ends the transaction.
func (t tx) Commit() error { return try(t.of, t.base.Commit) }

// Rollback ends the transaction.
func (t tx) Rollback() error { return try(t.of, t.base.Rollback) }

type rows struct {
	base driver.Rows
	of   *conn
}

// Columns returns the names of the columns.
func (r *rows) Columns() []string {
	names, _ := do(r.of, func() ([]string, error) { return r.base.Columns(), nil })
	return names
}

// Next reads a row.
func (r *rows) Next(dest []driver.Value) error {
	return try(r.of, func() error { return r.base.Next(dest) })
}

// Close reads the rest of the rows.
func (r *rows) Close() error { return try(r.of, r.base.Close) }

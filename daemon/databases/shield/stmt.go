package shield

import (
	"context"
	"database/sql/driver"
)

type stmt struct {
	base driver.Stmt
	of   *conn
}

// Close frees the statement.
func (s *stmt) Close() error { return try(s.of, s.base.Close) }

// NumInput returns the number of placeholders, or -1 if the driver does not know it.
func (s *stmt) NumInput() int {
	n, err := do(s.of, func() (int, error) { return s.base.NumInput(), nil })
	if err != nil {
		return -1
	}
	return n
}

// CheckNamedValue converts an argument as the driver's statement would, or else its
// connection.
func (s *stmt) CheckNamedValue(v *driver.NamedValue) error {
	if checker, ok := s.base.(driver.NamedValueChecker); ok {
		return checker.CheckNamedValue(v)
	}
	return s.of.CheckNamedValue(v)
}

// Exec runs the statement.
func (s *stmt) Exec(args []driver.Value) (driver.Result, error) {
	return s.ExecContext(context.Background(), named(args))
}

// ExecContext runs the statement.
func (s *stmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	return do(s.of, func() (driver.Result, error) {
		if base, ok := s.base.(driver.StmtExecContext); ok {
			return base.ExecContext(ctx, args)
		}
		return nil, driver.ErrSkip
	})
}

// Query runs the statement.
func (s *stmt) Query(args []driver.Value) (driver.Rows, error) {
	return s.QueryContext(context.Background(), named(args))
}

// QueryContext runs the statement.
func (s *stmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	return s.of.rows(func() (driver.Rows, error) {
		if base, ok := s.base.(driver.StmtQueryContext); ok {
			return base.QueryContext(ctx, args)
		}
		return nil, driver.ErrSkip
	})
}

func named(args []driver.Value) []driver.NamedValue {
	out := make([]driver.NamedValue, len(args))
	for n, a := range args {
		out[n] = driver.NamedValue{Ordinal: n + 1, Value: a}
	}
	return out
}

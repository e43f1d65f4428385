package profile

import (
	"context"
	"database/sql/driver"
)

// stmt measures a statement that the program prepared, at each use.
type stmt struct {
	base  driver.Stmt
	conn  *conn
	query string
	text  *text
}

// wrapStmt adds the one optional interface whose mere presence matters.
func wrapStmt(s *stmt) driver.Stmt {
	base, ok := s.base.(driver.ColumnConverter) //nolint:staticcheck // drivers still have the deprecated interface
	if !ok {
		return s
	}
	return struct {
		*stmt
		converter
	}{s, converter{base}}
}

type converter struct {
	of driver.ColumnConverter //nolint:staticcheck // as in wrapStmt
}

// ColumnConverter implements driver.ColumnConverter.
func (c converter) ColumnConverter(index int) driver.ValueConverter {
	return c.of.ColumnConverter(index)
}

// Close implements driver.Stmt.
func (s *stmt) Close() error { return s.base.Close() }

// NumInput implements driver.Stmt.
func (s *stmt) NumInput() int { return s.base.NumInput() }

// CheckNamedValue implements driver.NamedValueChecker: the statement's own, or
// its connection's, as database/sql chooses.
func (s *stmt) CheckNamedValue(value *driver.NamedValue) error {
	if checker, ok := s.base.(driver.NamedValueChecker); ok {
		return checker.CheckNamedValue(value)
	}
	return s.conn.CheckNamedValue(value)
}

// Exec implements driver.Stmt.
func (s *stmt) Exec(args []driver.Value) (driver.Result, error) {
	return s.ExecContext(context.Background(), named(args))
}

// Query implements driver.Stmt.
func (s *stmt) Query(args []driver.Value) (driver.Rows, error) {
	return s.QueryContext(context.Background(), named(args))
}

// ExecContext implements driver.StmtExecContext.
func (s *stmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	r := s.run(ctx)
	s.conn.call.begin(r.text, r.began)
	result, err := execStmt(ctx, s.base, args)
	s.conn.call.end()
	s.conn.executed(ctx, &r, s.query, args, result, err)
	return result, err
}

// QueryContext implements driver.StmtQueryContext.
func (s *stmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	r := s.run(ctx)
	s.conn.call.begin(r.text, r.began)
	base, err := queryStmt(ctx, s.base, args)
	s.conn.call.end()
	return s.conn.answered(ctx, &r, s.query, args, nil, base, err)
}

// run begins a use. After a Reset, it looks the text up again.
func (s *stmt) run(ctx context.Context) run {
	if s.text.window != s.conn.profiler.window.Load() {
		s.text = s.conn.connector.text(ctx, s.query)
	}
	return run{text: s.text, began: s.conn.profiler.now()}
}

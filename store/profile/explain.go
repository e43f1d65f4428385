package profile

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"time"
)

const (
	// planTime limits how long asking for a plan may delay a query. It is
	// generous, because a driver may close a connection when a deadline is
	// exceeded.
	planTime = 2 * time.Second
	// planLife is how long a plan is used for all queries of its statement.
	planLife = 5 * time.Minute
)

// Explain asks the database how it executes a query, with the same arguments.
// It has a connection of its own, which is closed afterwards, because a
// connection remembers what was asked last: ROW_COUNT() would be another. Like
// all Stats, the plan must not contain values: Redact removes literals. If
// Explain returns an error, the query has no plan.
type Explain func(ctx context.Context, s Session, query string, args []driver.NamedValue) (string, error)

// Session is a connection on which an Explain runs SQL that is not measured.
type Session struct{ conn driver.Conn }

// Query runs a query and returns its rows as text, NULL as "".
func (s Session) Query(ctx context.Context, query string, args []driver.NamedValue) ([][]string, error) {
	rows, err := queryConn(ctx, s.conn, query, args)
	if errors.Is(err, driver.ErrSkip) {
		stmt, prepareErr := prepare(ctx, s.conn, query)
		if prepareErr != nil {
			return nil, prepareErr
		}
		defer func() { _ = stmt.Close() }()
		rows, err = queryStmt(ctx, stmt, args)
	}
	if err != nil {
		return nil, err
	}
	table, err := read(rows)
	return table, errors.Join(err, rows.Close())
}

// Exec runs a statement without arguments.
func (s Session) Exec(ctx context.Context, query string) error {
	_, err := execConn(ctx, s.conn, query, nil)
	if !errors.Is(err, driver.ErrSkip) {
		return err
	}
	stmt, err := prepare(ctx, s.conn, query)
	if err != nil {
		return err
	}
	defer func() { _ = stmt.Close() }()
	_, err = execStmt(ctx, stmt, nil)
	return err
}

func read(rows driver.Rows) ([][]string, error) {
	var table [][]string
	values := make([]driver.Value, len(rows.Columns()))
	for {
		err := rows.Next(values)
		if errors.Is(err, io.EOF) {
			return table, nil
		}
		if err != nil {
			return nil, err
		}
		line := make([]string, len(values))
		for i, value := range values {
			switch v := value.(type) {
			case nil:
			case []byte:
				line[i] = string(v)
			default:
				line[i] = fmt.Sprint(v)
			}
		}
		table = append(table, line)
	}
}

// plan is the result of an Explain. Its text is empty if there was none, so
// that Explain is not called repeatedly.
type plan struct {
	text   string
	at     time.Time
	schema uint64
}

// wantsPlan reports whether a run was slow and another connection would plan it
// in the same way.
func (c *conn) wantsPlan(r *run) bool {
	p := c.profiler
	if p.options.Explain == nil || r.own() < p.options.Slow || r.text.kind != kindRows || r.text.shape == r.text.window.other {
		return false
	}
	// Another connection does not see what this one has changed of the schema.
	if c.altered || c.differs || r.text.session&sessionChanges != 0 {
		return false
	}
	return r.err == nil || canceled(r.err) // one that exceeded its deadline is worth explaining
}

// plan returns the plan of a statement. It asks for the plan if that is unknown
// or may be outdated; until it is known, other runs of the statement have none.
func (c *conn) plan(r *run, query string, args []driver.NamedValue) string {
	p, s := c.profiler, r.text.shape
	schema := p.schema.Load()
	if known := s.plan.Load(); known != nil && known.schema == schema && time.Since(known.at) < planLife {
		return known.text
	}
	if !s.explaining.CompareAndSwap(false, true) {
		return ""
	}
	defer s.explaining.Store(false)
	// The query's own context may have ended.
	ctx, cancel := context.WithTimeout(context.Background(), planTime)
	defer cancel()
	text := ""
	err := c.connector.aside(ctx, func(other driver.Conn) (err error) {
		text, err = p.options.Explain(ctx, Session{other}, query, args)
		return err
	})
	switch {
	case errors.Is(err, errNoConnection):
		return "" // the next run tries again
	case err != nil:
		text = ""
	}
	s.plan.Store(&plan{text, time.Now(), schema})
	return text
}

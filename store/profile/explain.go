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
	// planTime bounds how long a query may be kept by the question for its
	// plan. It is ample: a driver may close a connection that overruns it.
	planTime = 2 * time.Second
	// planLife is how long a plan stands for all queries of its statement.
	planLife = 5 * time.Minute
)

// Explain asks the database how it executes a query, on the connection that
// just has executed it and with the same arguments. Like Stats, the plan must
// hold no value: Redact takes literals out. Where there is an error, the query
// has no plan, and nothing else happens.
type Explain func(ctx context.Context, s Session, query string, args []driver.NamedValue) (string, error)

// Session is a connection on which an Explain runs its SQL. What it runs is
// not measured.
type Session struct {
	conn driver.Conn
	inTx bool
}

// InTransaction says whether the program has a transaction open.
func (s Session) InTransaction() bool { return s.inTx }

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

// plan is what an Explain found. Its text is empty where it found nothing, so
// that it is not asked again and again.
type plan struct {
	text   string
	at     time.Time
	schema uint64
}

// wantsPlan says whether a run is slow, and its connection fit for a question.
func (c *conn) wantsPlan(r *run) bool {
	p := c.profiler
	if p.options.Explain == nil || r.own() < p.options.Slow || r.text.kind != kindRows || r.text.shape == r.text.window.other {
		return false
	}
	if c.open != nil { // only this goroutine opens and closes rows here
		return false
	}
	// A query that ran out of time is worth a look, unless it has taken its
	// transaction along.
	return r.err == nil || canceled(r.err) && !c.inTx
}

// plan is the plan of a statement, asked for if it is not known or may be
// outdated. Meanwhile others of the statement go without.
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
	// The query's own context may be over.
	ctx, cancel := context.WithTimeout(context.Background(), planTime)
	defer cancel()
	text, err := p.options.Explain(ctx, Session{c.base, c.inTx}, query, args)
	if err != nil {
		if r.err != nil {
			return "" // perhaps the connection is gone; the next one may do better
		}
		text = ""
	}
	s.plan.Store(&plan{text, time.Now(), schema})
	return text
}

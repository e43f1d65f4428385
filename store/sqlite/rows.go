package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// Rows are the result of a Query. They hide the column that prepare added to
// count them.
type Rows struct {
	*sql.Rows
	ctx     context.Context
	conn    *sql.Conn
	lock    *sharedLock
	account Account
	making  int // bytes of all values that exist at the same time
	cancel  context.CancelFunc
	explain func(error) error
	counted bool
	begun   bool
	err     error
}

// begin first waits for the locks, then charges its computation to the account.
func (r *Rows) begin(statement string, known *weights) (err error) {
	if err := limit(r.conn, maxValue); err != nil { // the limit also applies when SQLite reads the schema
		return err
	}
	if r.lock, err = lockShared(r.ctx, r.conn); err != nil {
		return err
	}
	r.making = min(maxMade, r.account.Room(r.ctx)/2)
	refused := r.account.Compute(r.ctx, r.making, func() { err = r.compute(statement, known) })
	return errors.Join(refused, err)
}

func (r *Rows) compute(statement string, known *weights) error {
	longest := unweighable
	if r.counted {
		w, ok := known.known(statement)
		if !ok {
			var err error
			if w, err = weigh(r.ctx, r.conn, statement); err != nil {
				return err
			}
			known.keep(statement, w)
		}
		longest = w.value(r.making)
	}
	if err := limit(r.conn, longest); err != nil {
		return err
	}
	var err error
	r.Rows, err = r.conn.QueryContext(r.ctx, statement) //nolint:rowserrcheck // the caller checks Err
	return err
}

// Columns returns the names of the columns of the query.
func (r *Rows) Columns() ([]string, error) {
	names, err := r.Rows.Columns()
	if err != nil || !r.counted {
		return names, err
	}
	return names[:len(names)-1], nil
}

// Next advances to the next row. It returns false immediately if there are too
// many rows.
func (r *Rows) Next() bool {
	more := false
	if err := r.account.Compute(r.ctx, r.making, func() { more = r.next() }); err != nil {
		r.err = err
	}
	if !more {
		r.err = errors.Join(r.err, r.lock.release())
	}
	return more
}

func (r *Rows) next() bool {
	if r.err != nil || !r.Rows.Next() {
		return false
	}
	if r.counted && !r.begun {
		r.begun = true
		r.err = r.checkCount()
	}
	return r.err == nil
}

func (r *Rows) checkCount() error {
	names, err := r.Columns()
	if err != nil {
		return err
	}
	into := make([]any, len(names))
	for i := range into {
		into[i] = discard{}
	}
	var count int
	if err := r.Rows.Scan(append(into, &count)...); err != nil {
		return err
	}
	if count > maxRows {
		return fmt.Errorf("the query returns more than %d rows: add a LIMIT", maxRows)
	}
	return nil
}

// Scan copies the columns of the current row.
func (r *Rows) Scan(dest ...any) error {
	if r.counted {
		dest = append(dest[:len(dest):len(dest)], discard{})
	}
	return r.Rows.Scan(dest...)
}

// Err returns the error that ended the rows, or nil if all were read.
func (r *Rows) Err() error {
	if err := r.Rows.Err(); err != nil {
		return errors.Join(r.err, r.explain(err))
	}
	return r.err
}

// Close returns the connection to the pool.
func (r *Rows) Close() error {
	err := errors.Join(r.Rows.Close(), r.lock.release(), r.conn.Close())
	r.cancel()
	return err
}

// discard accepts and drops any column.
type discard struct{}

// Scan implements sql.Scanner.
func (discard) Scan(any) error { return nil }

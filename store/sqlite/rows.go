package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// Rows are the answer to a Query: *sql.Rows without the column that prepare
// added to count them.
type Rows struct {
	*sql.Rows
	ctx     context.Context
	conn    *sql.Conn
	lock    *shared
	account Account
	making  int // bytes of all values that are made at once
	cancel  context.CancelFunc
	explain func(error) error
	counted bool
	begun   bool
	err     error
}

// begin waits for what it has to wait for, and then computes.
func (r *Rows) begin(statement string, known *weights) (err error) {
	if err := limit(r.conn, maxValue); err != nil { // SQLite reads the schema by it, too
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
	most := unweighable
	if r.counted {
		w, ok := known.known(statement)
		if !ok {
			var err error
			if w, err = weigh(r.ctx, r.conn, statement); err != nil {
				return err
			}
			known.keep(statement, w)
		}
		most = w.value(r.making)
	}
	if err := limit(r.conn, most); err != nil {
		return err
	}
	var err error
	r.Rows, err = r.conn.QueryContext(r.ctx, statement) //nolint:rowserrcheck // the caller asks Err
	return err
}

// Columns names the columns that the query asked for.
func (r *Rows) Columns() ([]string, error) {
	names, err := r.Rows.Columns()
	if err != nil || !r.counted {
		return names, err
	}
	return names[:len(names)-1], nil
}

// Next goes to the next row. It ends at once where there are too many.
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
		return fmt.Errorf("the query gives more than %d rows: add a LIMIT", maxRows)
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

// Err is what ended the rows, nil when all were read.
func (r *Rows) Err() error {
	if err := r.Rows.Err(); err != nil {
		return errors.Join(r.err, r.explain(err))
	}
	return r.err
}

// Close gives the connection back.
func (r *Rows) Close() error {
	err := errors.Join(r.Rows.Close(), r.lock.release(), r.conn.Close())
	r.cancel()
	return err
}

// discard takes any column and keeps none of it.
type discard struct{}

// Scan drops the value.
func (discard) Scan(any) error { return nil }

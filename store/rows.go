package store

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
	conn    *sql.Conn
	cancel  context.CancelFunc
	counted bool
	begun   bool
	err     error
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
func (r *Rows) Err() error { return errors.Join(r.err, r.Rows.Err()) }

// Close gives the connection back.
func (r *Rows) Close() error {
	err := errors.Join(r.Rows.Close(), r.conn.Close())
	r.cancel()
	return err
}

// discard takes any column and keeps none of it.
type discard struct{}

// Scan drops the value.
func (discard) Scan(any) error { return nil }

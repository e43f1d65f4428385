package sqlite

import (
	"context"
	"database/sql/driver"
	"fmt"
	"syscall"

	sqlite3 "modernc.org/sqlite/lib"
)

// connectionFiles is how many files a connection opens at most when it is made:
// the database, its log, the index of that, and a journal.
const connectionFiles = 4

// room tells whether n more descriptors can be opened; nil says that they can.
type room func(n int) error

func (r room) short(n int) error {
	if r == nil {
		return nil
	}
	return r(n)
}

// explain adds to an error of SQLite's what this process or its machine has run
// out of, where that is why. SQLite gives no errno.
func (r room) explain(err error) error {
	if ofSystem(err) {
		return err
	}
	var short error
	switch code(err) {
	case sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR:
		short = r.short(1)
	case sqlite3.SQLITE_NOMEM:
		short = syscall.ENOMEM
	case sqlite3.SQLITE_FULL: // of a file for an unindexed sort, if of none of vega's
		short = syscall.ENOSPC
	}
	if short == nil {
		return err
	}
	return fmt.Errorf("%w: %w", err, short)
}

// roomy makes connections only where there is room for their files.
type roomy struct {
	driver.Connector
	room room
}

// Connect opens a connection.
func (r roomy) Connect(ctx context.Context) (driver.Conn, error) {
	if err := r.room.short(connectionFiles); err != nil {
		return nil, err
	}
	conn, err := r.Connector.Connect(ctx)
	if err != nil {
		return nil, r.room.explain(err)
	}
	return conn, nil
}

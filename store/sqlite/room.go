package sqlite

import (
	"context"
	"database/sql/driver"
	"fmt"
	"syscall"

	sqlite3 "modernc.org/sqlite/lib"
)

// connectionFiles is the maximum number of files that a new connection opens:
// the database, its log, the index of the log, and a journal.
const connectionFiles = 4

// room returns an error if n more descriptors cannot be opened. A nil room
// means that they can.
type room func(n int) error

func (r room) short(n int) error {
	if r == nil {
		return nil
	}
	return r(n)
}

// explain adds to an error of SQLite the resource that this process or machine
// has run out of, if that is the cause. SQLite does not return an errno.
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
	case sqlite3.SQLITE_FULL: // the disk of a sort's temporary file, if not that of the store
		short = syscall.ENOSPC
	}
	if short == nil {
		return err
	}
	return fmt.Errorf("%w: %w", err, short)
}

// roomy opens a connection only if its files can be opened.
type roomy struct {
	driver.Connector
	room room
}

// Connect implements driver.Connector.
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

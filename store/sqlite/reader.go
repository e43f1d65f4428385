package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"vega/store/profile"
	"vega/store/sqlite/dsn"
)

// Limits of one query of a probe.
const (
	maxQuery   = 64 << 10 // bytes of SQL
	maxValue   = 1 << 20  // bytes of a value, and of a row
	minValue   = 4 << 10  // even if memory is short
	maxRows    = 10_000
	maxPattern = 128             // bytes of a pattern of LIKE or GLOB
	maxTime    = 5 * time.Minute // unless the context allows less
)

// GuestPool is the name of a Reader's pool in its Profiler.
const GuestPool = "guests"

// Reader runs queries that vega did not write on one SQLite file. It opens the
// file in a mode that no query can change, compiles only statements that read,
// and never creates the file.
type Reader struct {
	path     string
	file     openFile
	profiler *profile.Profiler
	account  Account
	weights  weights
	room     room
	advisor  advisor // unused for vega's own database
}

// OpenForeign returns a Reader of the SQLite database at path. The first query
// opens the file, and fails if there isn't one.
func OpenForeign(path string, options ...Option) (*Reader, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("open a SQLite database: %w", err)
	}
	set := apply(options)
	return openReader(path, dsn.Guest(path), newProfiler(set), set.account, set.room)
}

func openReader(path, name string, p *profile.Profiler, a Account, r room) (*Reader, error) {
	connector, err := sqlite.NewConnector(dsn.WithoutWait(name))
	if err != nil {
		return nil, err
	}
	open := func() *sql.DB {
		db := pooled(p, GuestPool, guarded{roomy{connector, r}}, readers)
		db.SetConnMaxIdleTime(time.Minute)
		return db
	}
	return &Reader{path: path, file: openFile{path: path, open: open, db: open()}, profiler: p, account: a, room: r}, nil
}

// Query runs one statement that reads vega's own database.
func (s *Store) Query(ctx context.Context, query string) (*Rows, error) {
	return s.guests.Query(ctx, query)
}

// Query runs one statement that reads. The caller must close the rows.
func (r *Reader) Query(ctx context.Context, query string) (*Rows, error) {
	statement, counted, err := prepare(query)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, maxTime)
	var rows *Rows
	err = waitForLock(ctx, func() (err error) {
		rows, err = r.query(ctx, statement, counted)
		return err
	})
	if err != nil {
		err = r.explain(ctx, err)
		cancel()
		return nil, err
	}
	rows.cancel, rows.explain = cancel, func(err error) error { return r.explain(ctx, err) }
	return rows, nil
}

func (r *Reader) query(ctx context.Context, statement string, counted bool) (*Rows, error) {
	opens := false // if set, a timeout is due to the file
	db, err := r.file.current()
	if err != nil {
		return nil, err
	}
	conn, err := db.Conn(context.WithValue(ctx, opensKey{}, &opens))
	if err != nil && ctx.Err() != nil && !opens {
		return nil, r.account.Shortage(ctx, fmt.Errorf("all %d of vega's connections to %s were in use by other checks; run fewer checks concurrently, or increase the timeout of this one", readers, r.path))
	}
	if err != nil {
		return nil, err
	}
	rows := &Rows{ctx: ctx, conn: conn, counted: counted, account: r.account}
	if err := rows.begin(statement, &r.weights); err != nil {
		return nil, errors.Join(err, rows.lock.release(), conn.Close())
	}
	return rows, nil
}

// explain adds the name of the file to errors about it. SQLite's messages may
// quote the query, but never the contents of the database.
func (r *Reader) explain(ctx context.Context, err error) error {
	if errors.Is(err, ErrLocked) {
		return fmt.Errorf("read %s: %w", r.path, err)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	err = r.room.explain(err)
	if code(err) == sqlite3.SQLITE_CANTOPEN {
		if denied := unreadable(r.path); denied != nil {
			return denied
		}
		if _, missing := os.Stat(r.path); errors.Is(missing, fs.ErrNotExist) {
			return fmt.Errorf("read %s: %w: %w", r.path, fs.ErrNotExist, err)
		}
	}
	if isSyntaxError(err) {
		return fmt.Errorf("%w: %w", ErrSyntax, err)
	}
	switch c := code(err); c {
	case sqlite3.SQLITE_TOOBIG:
		return fmt.Errorf("%w: a value or row of %s: %w", ErrTooLarge, r.path, err)
	case sqlite3.SQLITE_AUTH:
		return fmt.Errorf("%w: only queries that read are allowed: %w", ErrRefused, err)
	case sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_IOERR:
		return fmt.Errorf("read %s: %w", r.path, err)
	}
	return err
}

// Close closes all connections.
func (r *Reader) Close() error { return errors.Join(r.advisor.close(), r.file.close()) }

// opensKey is the context key of a *bool that is set when a query opens a new
// connection instead of waiting for another query to end.
type opensKey struct{}

// guarded installs the authorizer on every new connection.
type guarded struct{ driver.Connector }

// Connect opens a connection that compiles only statements that read.
func (g guarded) Connect(ctx context.Context) (driver.Conn, error) {
	if opens, ok := ctx.Value(opensKey{}).(*bool); ok {
		*opens = true
	}
	conn, err := g.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	rules, ok := conn.(sqlite.AuthorizerRegisterer)
	if !ok {
		return nil, errors.Join(errors.New("the SQLite driver does not support authorizers"), conn.Close())
	}
	if err := rules.RegisterAuthorizer(authorize); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return conn, nil
}

// limit sets SQLite's own limits on a connection. Setting them each time costs
// less than remembering which connection has them. Patterns are limited because
// matching one is a single step that cannot be interrupted.
func limit(conn *sql.Conn, value int) error {
	for id, value := range map[int]int{
		sqlite3.SQLITE_LIMIT_LENGTH:              value,
		sqlite3.SQLITE_LIMIT_SQL_LENGTH:          2 * maxQuery,
		sqlite3.SQLITE_LIMIT_ATTACHED:            0,
		sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: maxPattern,
		sqlite3.SQLITE_LIMIT_WORKER_THREADS:      0,
	} {
		if _, err := sqlite.Limit(conn, id, value); err != nil {
			return err
		}
	}
	return nil
}

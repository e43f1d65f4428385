package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"vega/store/profile"
)

// What one query of a probe may take.
const (
	maxQuery = 64 << 10 // bytes of SQL
	maxValue = 16 << 20 // bytes of a value
	maxRows  = 10_000
	maxTime  = 30 * time.Second // where the context allows more
)

// Reader runs queries that vega did not write on one SQLite file. It opens the
// file in a mode that no query can change, compiles nothing but reads, and
// never makes the file.
type Reader struct {
	path     string
	db       *sql.DB
	profiler *profile.Profiler
	advisor  advisor // of a foreign database
}

// OpenForeign makes a Reader of the SQLite database at path. The file is
// opened by the first query: one that is absent fails there.
func OpenForeign(path string, options ...Option) (*Reader, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("open a SQLite database: %w", err)
	}
	return openReader(path, guestDSN(path), newProfiler(apply(options)))
}

func openReader(path, dsn string, p *profile.Profiler) (*Reader, error) {
	connector, err := sqlite.NewConnector(dsn)
	if err != nil {
		return nil, err
	}
	db := pooled(p, "guests", guarded{connector}, readers)
	db.SetConnMaxIdleTime(time.Minute)
	return &Reader{path: path, db: db, profiler: p}, nil
}

// Query runs one statement that reads, on vega's own database.
func (s *Store) Query(ctx context.Context, query string) (*Rows, error) {
	return s.guests.Query(ctx, query)
}

// Query runs one statement that reads. The caller must Close the rows.
func (r *Reader) Query(ctx context.Context, query string) (*Rows, error) {
	statement, counted, err := prepare(query)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, maxTime)
	rows, err := r.query(ctx, statement)
	if err != nil {
		err = r.explain(ctx, err)
		cancel()
		return nil, err
	}
	rows.cancel, rows.counted = cancel, counted
	return rows, nil
}

func (r *Reader) query(ctx context.Context, statement string) (*Rows, error) {
	conn, err := r.db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	if err := limit(conn); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	rows, err := conn.QueryContext(ctx, statement) //nolint:rowserrcheck // the caller asks Rows.Err
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return &Rows{Rows: rows, conn: conn}, nil
}

// explain puts the file's name to errors about the file. SQLite's messages
// quote the query at most, never what the database holds.
func (r *Reader) explain(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	switch c := code(err); c {
	case sqlite3.SQLITE_AUTH:
		return fmt.Errorf("a query may only read: %w", err)
	case sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_IOERR:
		return fmt.Errorf("read %s: %w", r.path, err)
	}
	return err
}

// Close ends every query.
func (r *Reader) Close() error { return errors.Join(r.advisor.close(), r.db.Close()) }

// guarded gives every new connection the rules of authorize.
type guarded struct{ driver.Connector }

// Connect opens a connection that compiles only what a guest may run.
func (g guarded) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := g.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	rules, ok := conn.(sqlite.AuthorizerRegisterer)
	if !ok {
		return nil, errors.Join(errors.New("SQLite's driver takes no authorizer"), conn.Close())
	}
	if err := rules.RegisterAuthorizer(authorize); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return conn, nil
}

// limit bounds what SQLite itself checks. It belongs to a connection, and
// costs less than remembering which has it.
func limit(conn *sql.Conn) error {
	for what, most := range map[int]int{
		sqlite3.SQLITE_LIMIT_LENGTH:         maxValue,
		sqlite3.SQLITE_LIMIT_SQL_LENGTH:     2 * maxQuery,
		sqlite3.SQLITE_LIMIT_ATTACHED:       0,
		sqlite3.SQLITE_LIMIT_WORKER_THREADS: 0,
	} {
		if _, err := sqlite.Limit(conn, what, most); err != nil {
			return err
		}
	}
	return nil
}

package databases

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"vega/daemon/telemetry"
	"vega/plugins"
	"vega/plugins/egress"
	"vega/plugins/shortage"
	"vega/plugins/span"
	"vega/store"
	"vega/store/profile"
	"vega/store/sqlite"
)

// server is a database server. Each query runs in its own read-only transaction.
type server struct {
	*sql.DB
	profiler *profile.Profiler
	driver   string          // postgres or mysql
	poller   *postgresPoller // nil for a server other than PostgreSQL
	discard  string          // statement that resets a session; "" if the server has none
	bounds   *boundedConnector
	pipeline *atomic.Bool // the server refuses transactions that span several exchanges
}

// maxAge is how long a connection is used for the queries of probes. A query on a
// new connection also shows whether the name still leads to that server, the
// server accepts connections, and the login is right.
const maxAge = 30 * time.Second

// probePool is the name of the pool that the queries of probes use.
const probePool = "probes"

func (server) pool() string { return probePool }

func openServer(connector *boundedConnector, slow time.Duration, o profile.Options) server {
	o.Slow, o.Correlation = slow, telemetry.ID
	p := profile.New(o)
	db := sql.OpenDB(p.Connector(probePool, connector))
	p.Pool(probePool, db)
	db.SetMaxOpenConns(maxConnections)
	db.SetMaxIdleConns(1)
	db.SetConnMaxIdleTime(5 * time.Minute)
	db.SetConnMaxLifetime(maxAge)
	return server{DB: db, profiler: p, bounds: connector, pipeline: new(atomic.Bool)}
}

// Close closes all connections.
func (s server) Close() error {
	err := s.DB.Close()
	if s.poller != nil {
		err = errors.Join(err, s.poller.Close())
	}
	return err
}

// file is a SQLite file, either vega's own or a configured one.
type file struct {
	reader interface {
		Query(ctx context.Context, query string) (*sqlite.Rows, error)
	}
}

func (f file) query(ctx context.Context, query string) (plugins.Rows, error) {
	rows, err := f.reader.Query(ctx, query)
	if err != nil {
		return nil, sandboxError(err) // not rows, which would be a typed nil
	}
	return fileRows{rows}, nil
}

// fileRows are the rows of a query on a SQLite file.
type fileRows struct{ *sqlite.Rows }

// Err returns the error that ended the iteration, if any.
func (r fileRows) Err() error { return sandboxError(r.Rows.Err()) }

// sandboxError wraps the store's errors in the corresponding errors of the sandbox.
func sandboxError(err error) error {
	if e, ok := errors.AsType[*store.UnavailableError](err); ok {
		return shortage.New(syscall.EAGAIN, "vega's own database can't be read now: "+e.Reason, "search vega's log for the store")
	}
	switch {
	case errors.Is(err, sqlite.ErrTooLarge):
		return fmt.Errorf("%w: %w", plugins.ErrTooLarge, err)
	case errors.Is(err, sqlite.ErrRefused):
		return fmt.Errorf("%w: %w", plugins.ErrRefused, err)
	case errors.Is(err, sqlite.ErrSyntax):
		return fmt.Errorf("%w: %w", plugins.ErrBadQuery, err)
	default:
		return err
	}
}

type closingFile struct {
	file
	*sqlite.Reader
}

func (closingFile) pool() string { return sqlite.GuestPool }

// sourceRows wraps the rows of a configured database. Close also releases the lease
// and the deadline. No error contains a secret.
type sourceRows struct {
	plugins.Rows
	source *source
	lease  *lease
	ctx    context.Context
	cancel context.CancelFunc
}

// Columns returns the names of the columns.
func (r *sourceRows) Columns() ([]string, error) {
	names, err := r.Rows.Columns()
	return names, r.explain(err)
}

// Scan copies the columns of the current row.
func (r *sourceRows) Scan(dest ...any) error { return r.explain(r.Rows.Scan(dest...)) }

// Err returns the error that ended the iteration, if any.
func (r *sourceRows) Err() error { return r.explain(r.Rows.Err()) }

// Close returns the connection to the pool.
func (r *sourceRows) Close() error {
	err := r.explain(r.Rows.Close())
	r.end()
	return err
}

func (r *sourceRows) end() {
	r.cancel()
	r.lease.release()
}

func (r *sourceRows) explain(err error) error {
	if err != nil && errors.Is(r.ctx.Err(), context.DeadlineExceeded) {
		if delayed := r.lease.delayed(); delayed != nil {
			return delayed
		}
	}
	return r.source.explain(r.ctx, err)
}

// systems names the kinds of databases in spans.
var systems = map[string]struct {
	name    string
	dialect profile.Dialect
}{
	"postgres": {"postgresql", profile.Postgres}, "mysql": {"mysql", profile.MySQL}, "sqlite": {"sqlite", profile.SQLite},
}

// traced runs a query with a span of its own, which ends with the rows. It has no
// literals of the query, and nothing of the DSN.
func (d *Set) traced(ctx context.Context, parent span.Span, database, query string) (plugins.Rows, error) {
	driver := "sqlite"
	if s := d.source(database); s != nil {
		driver = s.config.Driver
	}
	system := systems[driver]
	statement, _ := profile.Normalize(query, system.dialect)
	operation := operationOf(statement)
	s := parent.Begin(span.Query, operation)
	s.Text(span.System, system.name)
	s.Text(span.Database, database)
	s.Text(span.Operation, operation)
	s.Text(span.Statement, statement)
	rows, err := d.query(ctx, database, query)
	if err != nil {
		s.Fail(egress.Class(err))
		s.End()
		return nil, err
	}
	return &tracedRows{Rows: rows, span: s}, nil
}

// operationOf returns the first word of a statement, or QUERY for one that is rare.
func operationOf(statement string) string {
	word, _, _ := strings.Cut(strings.TrimSpace(statement), " ")
	switch word = strings.ToUpper(word); word {
	case "SELECT", "WITH", "SHOW", "EXPLAIN", "VALUES", "TABLE", "DESCRIBE", "PRAGMA", "INSERT", "UPDATE", "DELETE":
		return word
	default:
		return "QUERY"
	}
}

// tracedRows are rows with a span.
type tracedRows struct {
	plugins.Rows
	span span.Span
	read int64
}

// Next advances to the next row.
func (r *tracedRows) Next() bool {
	more := r.Rows.Next()
	if more {
		r.read++
	}
	return more
}

// Close ends the span, too.
func (r *tracedRows) Close() error {
	r.span.Number(span.Rows, r.read)
	if err := r.Rows.Err(); err != nil {
		r.span.Fail(egress.Class(err))
	}
	defer r.span.End()
	return r.Rows.Close()
}

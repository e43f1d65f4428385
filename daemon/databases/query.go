package databases

import (
	"context"
	"crypto/tls"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"slices"
	"syscall"
	"time"

	"vega/daemon/telemetry"
	"vega/plugins"
	"vega/plugins/egress"
	"vega/plugins/manifest"
	"vega/plugins/shortage"
	"vega/store/profile"
	"vega/store/sqlite"
)

// server is a database server. Each query runs in its own read-only transaction.
type server struct {
	*sql.DB
	profiler *profile.Profiler
	poller   *postgresPoller // nil for a server other than PostgreSQL
	discard  string          // statement that resets a session; "" if the server has none
	bounds   *boundedConnector
}

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
	db.SetConnMaxLifetime(time.Hour) // reconnect now and then, because the address of the host may change
	return server{DB: db, profiler: p, bounds: connector}
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
	switch {
	case errors.Is(err, sqlite.ErrTooLarge):
		return fmt.Errorf("%w: %w", plugins.ErrTooLarge, err)
	case errors.Is(err, sqlite.ErrRefused):
		return fmt.Errorf("%w: %w", plugins.ErrRefused, err)
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

// failure is a database error that is safe to show. Its text contains no secret, and
// it wraps only the kind of the error, not the error itself.
type failure struct {
	text string
	kind error
}

// Error returns the text for the operator.
func (f *failure) Error() string { return f.text }

// Unwrap returns the kind of error, or nil for an error of the database itself.
func (f *failure) Unwrap() error { return f.kind }

// explain converts a driver's error into a failure.
func (s *source) explain(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if own := (*egress.Error)(nil); errors.As(err, &own) {
		return own // an error of the sandbox: the run exceeded a limit
	}
	short := shortage.Of(err)
	if ended := ctx.Err(); ended != nil && short == nil {
		err = ended // drivers return different errors for this
	}
	text, ok := serverMessage(err)
	switch {
	case short != nil:
		return &failure{text: fmt.Sprintf("database %q: %s", s.config.Name, short), kind: short}
	case ok:
	case errors.Is(err, errNoRow):
		text = errNoRow.Error()
	case isTooLong(err), errors.Is(err, plugins.ErrTooLarge):
		text = fmt.Sprintf("a row is larger than %v; select fewer or shorter columns", manifest.Size(maxRow))
	case errors.Is(err, context.DeadlineExceeded):
		text = "no response in time"
	default:
		text = err.Error()
	}
	return &failure{text: fmt.Sprintf("database %q: %s", s.config.Name, s.scrub.Replace(text)), kind: kindOf(err)}
}

// kindOf returns the error in err's chain that classifies a failure, or nil.
func kindOf(err error) error {
	for _, kind := range []error{context.DeadlineExceeded, context.Canceled, syscall.ECONNREFUSED, syscall.ECONNRESET, plugins.ErrTooLarge, plugins.ErrRefused} {
		if errors.Is(err, kind) {
			return kind
		}
	}
	if isTooLong(err) || errors.Is(err, errNoRow) {
		return plugins.ErrTooLarge
	}
	var name *net.DNSError
	if errors.As(err, &name) {
		return name
	}
	var cert *tls.CertificateVerificationError
	if errors.As(err, &cert) {
		return cert
	}
	var network net.Error
	if errors.As(err, &network) && network.Timeout() {
		return context.DeadlineExceeded
	}
	return nil
}

// publicClasses lists the SQLSTATE classes whose messages describe the connection,
// privileges, the statement or the server, and do not quote data.
var publicClasses = []string{"08", "0A", "25", "28", "3D", "3F", "42", "53", "54", "55", "57"}

func messageByState(state, message string) string {
	if len(state) == 5 && slices.Contains(publicClasses, state[:2]) {
		return fmt.Sprintf("%s (SQLSTATE %s)", message, state)
	}
	return fmt.Sprintf("the query failed with SQLSTATE %s; vega hides the message because it may quote data, so run the query manually to see it", state)
}

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

// server is a database server: a few connections, and one transaction a query
// that may only read.
type server struct {
	*sql.DB
	profiler *profile.Profiler
	watch    *postgresWatch // nil: it is no PostgreSQL
	discard  string         // a statement that resets a session; "": there is none
	bounds   *boundedConnector
}

// probePool names the connections that probes query by.
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
	db.SetConnMaxLifetime(time.Hour) // the name may point elsewhere by then
	return server{DB: db, profiler: p, bounds: connector}
}

// Close ends all connections.
func (s server) Close() error {
	err := s.DB.Close()
	if s.watch != nil {
		err = errors.Join(err, s.watch.Close())
	}
	return err
}

// file is a SQLite file, vega's own or another.
type file struct {
	reader interface {
		Query(ctx context.Context, query string) (*sqlite.Rows, error)
	}
}

func (f file) query(ctx context.Context, query string) (plugins.Rows, error) {
	rows, err := f.reader.Query(ctx, query)
	if err != nil {
		return nil, inGuestTerms(err) // no typed nil
	}
	return fileRows{rows}, nil
}

// fileRows are those of a SQLite file.
type fileRows struct{ *sqlite.Rows }

// Err is what ended the rows.
func (r fileRows) Err() error { return inGuestTerms(r.Rows.Err()) }

// inGuestTerms names what is too large or refused as the sandbox does.
func inGuestTerms(err error) error {
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

// sourceRows end their deadline and leave their place when they are closed, and
// keep their errors clean.
type sourceRows struct {
	plugins.Rows
	source *source
	place  *taken
	ctx    context.Context
	cancel context.CancelFunc
}

// Columns names the columns.
func (r *sourceRows) Columns() ([]string, error) {
	names, err := r.Rows.Columns()
	return names, r.explain(err)
}

// Scan copies the columns of the current row.
func (r *sourceRows) Scan(dest ...any) error { return r.explain(r.Rows.Scan(dest...)) }

// Err is what ended the rows.
func (r *sourceRows) Err() error { return r.explain(r.Rows.Err()) }

// Close gives the connection back.
func (r *sourceRows) Close() error {
	err := r.explain(r.Rows.Close())
	r.end()
	return err
}

func (r *sourceRows) end() {
	r.cancel()
	r.place.leave()
}

func (r *sourceRows) explain(err error) error {
	if err != nil && errors.Is(r.ctx.Err(), context.DeadlineExceeded) {
		if late := r.place.late(); late != nil {
			return late
		}
	}
	return r.source.explain(r.ctx, err)
}

// failure is a database's error fit to be told: its text holds no secret, and
// what it wraps is no more than what kind of error it is.
type failure struct {
	text string
	kind error
}

// Error is the text for the operator.
func (f *failure) Error() string { return f.text }

// Unwrap is the kind of error, nil for one of the database's own.
func (f *failure) Unwrap() error { return f.kind }

// explain makes a failure of a driver's error.
func (s *source) explain(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if own := (*egress.Error)(nil); errors.As(err, &own) {
		return own // of the sandbox: the run holds too much
	}
	short := shortage.Of(err)
	if ended := ctx.Err(); ended != nil && short == nil {
		err = ended // what the driver says of it differs
	}
	text, ok := serverMessage(err)
	switch {
	case short != nil:
		return &failure{text: fmt.Sprintf("database %q: %s", s.config.Name, short), kind: short}
	case ok:
	case errors.Is(err, errNoRow):
		text = errNoRow.Error()
	case isTooLong(err), errors.Is(err, plugins.ErrTooLarge):
		text = fmt.Sprintf("a row has more than %v; ask for fewer or shorter columns", manifest.Size(maxRow))
	case errors.Is(err, context.DeadlineExceeded):
		text = "no answer in time"
	default:
		text = err.Error()
	}
	return &failure{text: fmt.Sprintf("database %q: %s", s.config.Name, s.scrub.Replace(text)), kind: kindOf(err)}
}

// kindOf finds in err what tells how the network failed.
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

// Classes of SQLSTATE whose messages are about the connection, rights, the
// statement or the server, not about data.
var tellable = []string{"08", "0A", "25", "28", "3D", "3F", "42", "53", "54", "55", "57"}

func messageByState(state, message string) string {
	if len(state) == 5 && slices.Contains(tellable, state[:2]) {
		return fmt.Sprintf("%s (SQLSTATE %s)", message, state)
	}
	return fmt.Sprintf("the query failed with SQLSTATE %s; run it by hand to see the message, which may quote data", state)
}

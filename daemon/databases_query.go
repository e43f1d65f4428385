package daemon

import (
	"context"
	"crypto/tls"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"

	"vega/daemon/telemetry"
	"vega/plugins"
	"vega/store"
	"vega/store/profile"
)

// server is a database server: a few connections, and one transaction a query
// that may only read.
type server struct {
	*sql.DB
	profiler *profile.Profiler
	watch    *postgresWatch // nil: it is no PostgreSQL
}

// probePool names the connections that probes query by.
const probePool = "probes"

func openServer(connector driver.Connector, slow time.Duration, o profile.Options) server {
	o.Slow, o.Correlation = slow, telemetry.ID
	p := profile.New(o)
	db := sql.OpenDB(p.Connector(probePool, connector))
	p.Pool(probePool, db)
	db.SetMaxOpenConns(maxConnections)
	db.SetMaxIdleConns(1)
	db.SetConnMaxIdleTime(5 * time.Minute)
	db.SetConnMaxLifetime(time.Hour) // the name may point elsewhere by then
	return server{DB: db, profiler: p}
}

// Close ends all connections.
func (s server) Close() error {
	err := s.DB.Close()
	if s.watch != nil {
		err = errors.Join(err, s.watch.Close())
	}
	return err
}

func (s server) query(ctx context.Context, query string) (plugins.Rows, error) {
	if err := mustRead(query); err != nil {
		return nil, err
	}
	tx, err := s.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return nil, err
	}
	rows, err := tx.QueryContext(ctx, query) //nolint:rowserrcheck // the caller asks Err
	if err != nil {
		return nil, errors.Join(err, rollback(tx))
	}
	return txRows{rows, tx}, nil
}

// txRows end their transaction when they are closed. It is rolled back, so
// that nothing a query set in its session stays.
type txRows struct {
	*sql.Rows
	tx *sql.Tx
}

// Close ends the transaction.
func (r txRows) Close() error {
	return errors.Join(r.Rows.Close(), rollback(r.tx))
}

// rollback is silent about a transaction that the end of its context ended.
func rollback(tx *sql.Tx) error {
	if err := tx.Rollback(); !errors.Is(err, sql.ErrTxDone) {
		return err
	}
	return nil
}

// How a statement begins, after blanks, brackets and comments. MySQL runs what
// stands in a comment that begins with an exclamation mark.
var beginning = regexp.MustCompile(`^(?s:[\s(]+|--[^\n]*\n|/\*(?:[^!M].*?)?\*/)*([A-Za-z]+)`)

var reads = []string{"select", "with", "values", "table", "show", "explain", "describe", "desc"}

// A read-only transaction keeps tables from being changed, but not the server:
// these write files there.
var writesFile = regexp.MustCompile(`(?i)\b(outfile|dumpfile)\b`)

// mustRead refuses what a read-only transaction would let through: COPY, SET
// GLOBAL, KILL, COMMIT …
func mustRead(query string) error {
	word := beginning.FindStringSubmatch(query)
	if word == nil || !slices.Contains(reads, strings.ToLower(word[1])) {
		return fmt.Errorf("a query begins with one of %s", strings.ToUpper(strings.Join(reads, ", ")))
	}
	if writesFile.MatchString(query) {
		return errors.New("a query may only read: it may not name OUTFILE or DUMPFILE")
	}
	return nil
}

// file is a SQLite file, vega's own or another.
type file struct {
	reader interface {
		Query(ctx context.Context, query string) (*store.Rows, error)
	}
}

func (f file) query(ctx context.Context, query string) (plugins.Rows, error) {
	rows, err := f.reader.Query(ctx, query)
	if err != nil {
		return nil, err // no typed nil
	}
	return rows, nil
}

type closingFile struct {
	file
	*store.Reader
}

// sourceRows end their deadline when they are closed, and keep their errors
// clean.
type sourceRows struct {
	plugins.Rows
	source *source
	ctx    context.Context
	cancel context.CancelFunc
}

// Columns names the columns.
func (r *sourceRows) Columns() ([]string, error) {
	names, err := r.Rows.Columns()
	return names, r.source.explain(r.ctx, err)
}

// Scan copies the columns of the current row.
func (r *sourceRows) Scan(dest ...any) error { return r.source.explain(r.ctx, r.Rows.Scan(dest...)) }

// Err is what ended the rows.
func (r *sourceRows) Err() error { return r.source.explain(r.ctx, r.Rows.Err()) }

// Close gives the connection back.
func (r *sourceRows) Close() error {
	err := r.source.explain(r.ctx, r.Rows.Close())
	r.cancel()
	return err
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
	if ended := ctx.Err(); ended != nil {
		err = ended // what the driver says of it differs
	}
	text, ok := serverMessage(err)
	switch {
	case ok:
	case errors.Is(err, context.DeadlineExceeded):
		text = "no answer in time"
	default:
		text = err.Error()
	}
	return &failure{text: fmt.Sprintf("database %q: %s", s.config.Name, s.scrub.Replace(text)), kind: kindOf(err)}
}

// kindOf finds in err what tells how the network failed.
func kindOf(err error) error {
	for _, kind := range []error{context.DeadlineExceeded, context.Canceled, syscall.ECONNREFUSED, syscall.ECONNRESET} {
		if errors.Is(err, kind) {
			return kind
		}
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

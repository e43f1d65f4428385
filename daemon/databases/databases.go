package databases

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/jackc/pgx/v5/stdlib"

	"vega/daemon/telemetry"
	"vega/plugins"
	"vega/plugins/grant"
	"vega/plugins/manifest"
	"vega/plugins/shortage"
	"vega/plugins/sockets"
	"vega/store/profile"
	"vega/store/sqlite"
)

// ownDatabase is the name of vega's own store among the databases.
const ownDatabase = "vega"

// Limits on the resources that vega and a database server may use of each other.
const (
	maxConnections = 4
	maxRow         = 1 << 20       // bytes of a row that a probe reads
	maxOwnRow      = 16 << 20      // bytes of a row that vega itself reads
	maxSnapshot    = 2 * maxOwnRow // bytes that one snapshot of a server reads in total
	maxQueryTime   = 30 * time.Second
)

// dsnFiles is the maximum number of files that are open at the same time while a
// driver parses a DSN or reads the system's certificates.
const dsnFiles = 2

// Set runs the queries of probes on the configured databases and on vega's own. A
// database is opened by the first query on it, so vega can start even if a database
// is down.
type Set struct {
	own        *sqlite.Store
	sources    map[string]*source
	samplers   *samplers
	thirdParty bool // granted to a plugin that does not ship with vega
}

// Config configures a database that probes may query.
type Config struct {
	Name   string
	Driver string // postgres, mysql or sqlite
	DSN    manifest.Text
}

// source is one configured database. Configurations and runs retain it, and the last
// one to release it closes it.
type source struct {
	config  Config
	slow    time.Duration
	holders atomic.Int64
	limiter *limiter

	mu    sync.Mutex // guards the fields below
	open  opened     // nil until the first query
	scrub *strings.Replacer
}

// opened is a database that is ready for queries: a server with a pool of
// connections, or a SQLite file.
type opened interface {
	io.Closer
	counted
	pool() string // the name of its pool in statistics
	query(ctx context.Context, query string) (plugins.Rows, error)
	stats(ctx context.Context) Report
	reset()
}

// New returns a Set of the configured databases and vega's own store, which may be
// nil. A database that has the same configuration in before, which may be nil, keeps
// its connections and statistics. Queries that take at least slow are recorded with
// their plan.
func New(all []Config, slow time.Duration, own *sqlite.Store, before *Set) *Set {
	d := &Set{own: own, sources: make(map[string]*source, len(all)), samplers: &samplers{}}
	if before != nil {
		d.samplers = before.samplers
	}
	for _, c := range all {
		s := before.source(c.Name)
		if s == nil || !reflect.DeepEqual(s.config, c) {
			s = &source{config: c, slow: slow, scrub: scrubber(c.DSN), limiter: newLimiter(c.Name)}
		}
		d.sources[c.Name] = s
	}
	return d
}

func (d *Set) source(name string) *source {
	if d == nil {
		return nil
	}
	return d.sources[name]
}

// Granted returns the databases that a set of grants allows, and vega's own. With
// thirdParty, for a plugin that does not ship with vega, queries may use fewer
// connections.
func (d *Set) Granted(s grant.Set, thirdParty bool) *Set {
	some := &Set{own: d.own, sources: map[string]*source{}, thirdParty: thirdParty}
	for _, r := range s.Rules {
		if r.Kind == manifest.SQL && d.sources[r.Name] != nil {
			some.sources[r.Name] = d.sources[r.Name]
		}
	}
	return some
}

// Same reports whether both sets hold the same databases with the same connections.
func (d *Set) Same(other plugins.Databases) bool {
	o, ok := other.(*Set)
	return ok && maps.Equal(d.sources, o.sources)
}

// Retain keeps the databases open until Release.
func (d *Set) Retain() {
	for _, s := range d.sources {
		s.holders.Add(1)
	}
}

// Release closes the databases that nothing else retains.
func (d *Set) Release() error {
	var errs []error
	for _, s := range d.sources {
		if s.holders.Add(-1) == 0 {
			errs = append(errs, s.close())
		}
	}
	return errors.Join(errs...)
}

// Query runs one read-only statement. Errors contain neither the secrets of the
// DSN nor data from the database.
func (d *Set) Query(ctx context.Context, database, query string) (plugins.Rows, error) {
	if database == ownDatabase && d.own != nil {
		return file{d.own}.query(ctx, query)
	}
	s, ok := d.sources[database]
	if !ok {
		return nil, fmt.Errorf("there is no database %q; the configured ones are: %s", database, strings.Join(d.names(), ", "))
	}
	open, err := s.ready()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, maxQueryTime)
	held, err := s.limiter.acquire(ctx, d.thirdParty)
	if held.waited > 0 {
		open.Profiler().Waited(open.pool(), held.waited)
	}
	if err != nil {
		cancel()
		return nil, err
	}
	r := &sourceRows{source: s, lease: held, ctx: ctx, cancel: cancel}
	if r.Rows, err = open.query(ctx, query); err != nil {
		err = r.explain(err)
		r.end()
		return nil, err
	}
	return r, nil
}

func (d *Set) names() []string {
	names := slices.Sorted(maps.Keys(d.sources))
	if d.own != nil {
		names = append(names, ownDatabase)
	}
	return names
}

// ready opens the source if it is not open yet. It does not connect.
func (s *source) ready() (opened, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open != nil {
		return s.open, nil
	}
	open, password, err := s.connect()
	if err != nil {
		return nil, fmt.Errorf("database %q: %w", s.config.Name, err)
	}
	s.open, s.scrub = open, scrubber(s.config.DSN, password)
	return open, nil
}

// inUse returns the open database, or nil if nothing has queried it yet.
func (s *source) inUse() opened {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.open
}

func (s *source) close() error {
	open := s.inUse()
	if open == nil {
		return nil
	}
	return s.explain(context.Background(), open.Close())
}

// connect opens the database and returns its password, which must not appear in an
// error. It drops a driver's error about a DSN, because that quotes the DSN. It does
// not connect yet, but the driver may read files that are named in the DSN or stored
// in the user's home directory.
func (s *source) connect() (opened, string, error) {
	if err := shortage.Room(dsnFiles); err != nil {
		return nil, "", err
	}
	c, slow := s.config, s.slow
	switch c.Driver {
	case "postgres":
		cfg, err := pgx.ParseConfig(c.DSN.Reveal())
		if err != nil {
			return nil, "", invalidDSN(err, "use the form postgres://user:password@host:5432/name")
		}
		server := openServer(openPostgres(cfg, maxRow, maxRow), slow, profile.Options{Dialect: profile.Postgres, Explain: profile.ExplainPostgres})
		server.discard = discardAll
		server.poller = newPostgresPoller(openPostgres(cfg, maxOwnRow, maxSnapshot), s.explain)
		return server, cfg.Password, nil
	case "mysql":
		cfg, err := mysql.ParseDSN(c.DSN.Reveal())
		if err != nil {
			return nil, "", invalidDSN(err, "use the form user:password@tcp(host:3306)/name")
		}
		connector, err := openMySQL(cfg)
		if err != nil {
			return nil, "", invalidDSN(err, "its options contradict each other")
		}
		return openServer(connector, slow, profile.Options{Dialect: profile.MySQL, Explain: profile.ExplainMySQL}), cfg.Passwd, nil
	case "sqlite":
		r, err := sqlite.OpenForeign(c.DSN.Reveal(), sqlite.SlowQuery(slow), sqlite.Correlation(telemetry.ID), sqlite.OnAccount(plugins.Accounts{}), sqlite.Room(shortage.Room))
		if err != nil {
			return nil, "", invalidDSN(err, "use the path of the file")
		}
		return closingFile{file{r}, r}, "", nil
	}
	return nil, "", fmt.Errorf("driver %q is not supported; use postgres, mysql or sqlite", c.Driver)
}

// invalidDSN returns an error that explains how to correct a DSN. If the driver
// failed only because it could not get a file descriptor, the error is a
// *shortage.Error.
func invalidDSN(err error, fix string) error {
	if short := shortage.Of(err); short != nil {
		return short
	}
	return errors.New("the dsn is not valid: " + fix)
}

// databaseDialer connects to database servers. It remembers shortages in vega
// itself, because some drivers keep only the text of an error.
var databaseDialer sockets.Dialer

// openPostgres configures a PostgreSQL driver. It selects the extended protocol,
// which accepts only one statement, but without named prepared statements, which
// some connection poolers do not support. maxRow limits the bytes of a row, and
// maxBytes the bytes to read before the limit is raised.
func openPostgres(cfg *pgx.ConnConfig, maxRow int, maxBytes int64) *boundedConnector {
	cfg.DialFunc, cfg.LookupFunc = dialBounded, databaseDialer.LookupHost
	if cfg.TLSConfig != nil {
		readSystemRoots()
	}
	cfg.DefaultQueryExecMode = pgx.QueryExecModeExec
	cfg.StatementCacheCapacity, cfg.DescriptionCacheCapacity = 0, 0
	cfg.MaxProtocolMessageBodyLen = maxRow
	if cfg.RuntimeParams["application_name"] == "" {
		cfg.RuntimeParams["application_name"] = "vega"
	}
	return &boundedConnector{Connector: stdlib.GetConnector(*cfg), max: maxBytes, errExceeded: errNoRow}
}

// openMySQL configures a MySQL driver. It disables DSN options that would give a
// probe too much power, and keeps the driver from writing to stderr.
func openMySQL(cfg *mysql.Config) (*boundedConnector, error) {
	cfg.MultiStatements = false
	cfg.AllowAllFiles = false
	cfg.Logger = &mysql.NopLogger{}
	if cfg.Net == "tcp" || cfg.Net == "unix" {
		cfg.DialFunc = dialBounded
	}
	if cfg.TLS != nil || cfg.TLSConfig != "" {
		readSystemRoots()
	}
	connector, err := mysql.NewConnector(cfg)
	if err != nil {
		return nil, err
	}
	return &boundedConnector{Connector: connector, max: maxRow, errExceeded: plugins.ErrTooLarge}, nil
}

// readSystemRoots makes package x509 load the system's certificates while file
// descriptors are available, because x509 tries only once per process.
func readSystemRoots() { _, _ = x509.SystemCertPool() } // a later handshake reports the error

// serverMessage returns the server's own message, if err contains one. For messages
// that quote data ("invalid input syntax for type integer: …") it returns only the
// code.
func serverMessage(err error) (string, bool) {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return messageByState(pg.Code, pg.Message), true
	}
	var my *mysql.MySQLError
	if errors.As(err, &my) {
		return messageByState(strings.Trim(string(my.SQLState[:]), "\x00"), my.Message), true
	}
	return "", false
}

// isTooLong reports whether a driver refused a row because of its length.
func isTooLong(err error) bool {
	var long *pgproto3.ExceededMaxBodyLenErr
	return errors.As(err, &long)
}

// sqlState returns the code of a PostgreSQL server's error, or "" for any other
// error.
func sqlState(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code
	}
	return ""
}

// scrubber returns a replacer that removes the secrets of a DSN from a string, both
// plain and URL-escaped.
func scrubber(dsn manifest.Text, passwords ...string) *strings.Replacer {
	secrets := passwords
	manifest.Secrets(dsn, func(s string) { secrets = append(secrets, s) })
	if dsn.HasSecret() {
		secrets = append(secrets, dsn.Reveal())
	}
	var pairs []string
	for _, s := range secrets {
		for _, form := range []string{s, url.QueryEscape(s), url.PathEscape(s)} {
			if len(form) >= 4 { // shorter ones would match inside ordinary words
				pairs = append(pairs, form, "(secret)")
			}
		}
	}
	return strings.NewReplacer(pairs...)
}

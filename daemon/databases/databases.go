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

// What a database server may take of vega, and vega of it.
const (
	maxConnections = 4
	maxRow         = 1 << 20       // bytes of one row that a probe asks for
	maxOwnRow      = 16 << 20      // bytes of one that vega itself asks for
	maxLook        = 2 * maxOwnRow // bytes of all that one look at a server finds
	maxQueryTime   = 30 * time.Second
)

// dsnFiles is how many files are open at once while a DSN is read, or the
// certificates of the system.
const dsnFiles = 2

// databases runs the queries of probes, on the databases of a configuration
// and on vega's own. The first query on a database opens it, so that a database
// that is down does not keep vega from starting.
type Set struct {
	own      *sqlite.Store
	sources  map[string]*source
	samplers *samplers
	stranger bool // they are granted to a plugin that does not ship with vega
}

// databaseConfig is a database that probes may query.
type Config struct {
	Name   string
	Driver string // postgres, mysql or sqlite
	DSN    manifest.Text
}

// source is one configured database. It closes once the last that holds it
// lets go: the configurations that have it, and every run that may query it.
type source struct {
	config  Config
	slow    time.Duration
	holders atomic.Int64
	places  *places

	mu    sync.Mutex // guards what follows
	open  opened     // nil until the first query
	scrub *strings.Replacer
}

// opened is a database that takes queries: a server by a pool of connections,
// or a SQLite file.
type opened interface {
	io.Closer
	counted
	pool() string // the name of its connections among the figures
	query(ctx context.Context, query string) (plugins.Rows, error)
	stats(ctx context.Context) Report
	reset()
}

// newDatabases returns the databases that are configured, and vega's own store,
// which may be nil. A database that is the same in before keeps its connections
// and figures; before may be nil. Queries that take at least slow are recorded
// with their plan.
func New(all []Config, slow time.Duration, own *sqlite.Store, before *Set) *Set {
	d := &Set{own: own, sources: make(map[string]*source, len(all)), samplers: &samplers{}}
	if before != nil {
		d.samplers = before.samplers
	}
	for _, c := range all {
		s := before.source(c.Name)
		if s == nil || !reflect.DeepEqual(s.config, c) {
			s = &source{config: c, slow: slow, scrub: scrubber(c.DSN), places: newPlaces(c.Name)}
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

// Granted returns the databases that a set of grants allows, and vega's own.
// A stranger is a plugin that does not ship with vega: it gets fewer of the
// connections.
func (d *Set) Granted(s grant.Set, stranger bool) *Set {
	some := &Set{own: d.own, sources: map[string]*source{}, stranger: stranger}
	for _, r := range s.Rules {
		if r.Kind == manifest.SQL && d.sources[r.Name] != nil {
			some.sources[r.Name] = d.sources[r.Name]
		}
	}
	return some
}

// same reports whether both lead to the same databases by the same connections.
func (d *Set) Same(other plugins.Databases) bool {
	o, ok := other.(*Set)
	return ok && maps.Equal(d.sources, o.sources)
}

func (d *Set) Retain() {
	for _, s := range d.sources {
		s.holders.Add(1)
	}
}

// release ends the connections of each that nobody else holds.
func (d *Set) Release() error {
	var errs []error
	for _, s := range d.sources {
		if s.holders.Add(-1) == 0 {
			errs = append(errs, s.close())
		}
	}
	return errors.Join(errs...)
}

// Query runs one statement that reads. Errors hold neither the DSN's secrets
// nor what the database holds.
func (d *Set) Query(ctx context.Context, database, query string) (plugins.Rows, error) {
	if database == ownDatabase && d.own != nil {
		return file{d.own}.query(ctx, query)
	}
	s, ok := d.sources[database]
	if !ok {
		return nil, fmt.Errorf("there is no database %q: there are %s", database, strings.Join(d.names(), ", "))
	}
	open, err := s.ready()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, maxQueryTime)
	held, err := s.places.take(ctx, d.stranger)
	if held.waited > 0 {
		open.Profiler().Waited(open.pool(), held.waited)
	}
	if err != nil {
		cancel()
		return nil, err
	}
	r := &sourceRows{source: s, place: held, ctx: ctx, cancel: cancel}
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

// ready opens the source if nobody did. It connects to nothing yet.
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

// inUse is what the source was opened as, nil if nobody has queried it yet.
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

// connect also returns the password, which must not come back in an error.
// A driver's complaint about a DSN quotes it, so that is not passed on. It
// connects to nothing yet, but a driver may read files that the DSN names, or
// that its users have at home.
func (s *source) connect() (opened, string, error) {
	if err := shortage.Room(dsnFiles); err != nil {
		return nil, "", err
	}
	c, slow := s.config, s.slow
	switch c.Driver {
	case "postgres":
		cfg, err := pgx.ParseConfig(c.DSN.Reveal())
		if err != nil {
			return nil, "", invalidDSN(err, "write postgres://user:password@host:5432/name")
		}
		server := openServer(openPostgres(cfg, maxRow, maxRow), slow, profile.Options{Dialect: profile.Postgres, Explain: profile.ExplainPostgres})
		server.discard = discardAll
		server.watch = newPostgresWatch(openPostgres(cfg, maxOwnRow, maxLook), s.explain)
		return server, cfg.Password, nil
	case "mysql":
		cfg, err := mysql.ParseDSN(c.DSN.Reveal())
		if err != nil {
			return nil, "", invalidDSN(err, "write user:password@tcp(host:3306)/name")
		}
		connector, err := openMySQL(cfg)
		if err != nil {
			return nil, "", invalidDSN(err, "its options don't fit together")
		}
		return openServer(connector, slow, profile.Options{Dialect: profile.MySQL, Explain: profile.ExplainMySQL}), cfg.Passwd, nil
	case "sqlite":
		r, err := sqlite.OpenForeign(c.DSN.Reveal(), sqlite.SlowQuery(slow), sqlite.Correlation(telemetry.ID), sqlite.OnAccount(plugins.Accounts{}), sqlite.Room(shortage.Room))
		if err != nil {
			return nil, "", invalidDSN(err, "write the path of the file")
		}
		return closingFile{file{r}, r}, "", nil
	}
	return nil, "", fmt.Errorf("its driver %q is none of postgres, mysql, sqlite", c.Driver)
}

// invalidDSN says what to write in place of a DSN, unless the driver only lacked
// a descriptor.
func invalidDSN(err error, fix string) error {
	if short := shortage.Of(err); short != nil {
		return short
	}
	return errors.New("its dsn is not valid: " + fix)
}

// databaseDialer connects to database servers, and knows vega's own shortages
// from theirs where a driver keeps the text alone.
var databaseDialer sockets.Dialer

// openPostgres uses the extended protocol, which takes one statement only, and
// names no prepared statement, so that a pooler may stand in between. A row has so
// many bytes at most, and most bytes may come until more are allowed.
func openPostgres(cfg *pgx.ConnConfig, row int, most int64) *boundedConnector {
	cfg.DialFunc, cfg.LookupFunc = dialBounded, databaseDialer.LookupHost
	if cfg.TLSConfig != nil {
		readSystemRoots()
	}
	cfg.DefaultQueryExecMode = pgx.QueryExecModeExec
	cfg.StatementCacheCapacity, cfg.DescriptionCacheCapacity = 0, 0
	cfg.MaxProtocolMessageBodyLen = row
	if cfg.RuntimeParams["application_name"] == "" {
		cfg.RuntimeParams["application_name"] = "vega"
	}
	return &boundedConnector{Connector: stdlib.GetConnector(*cfg), most: most, tooMuch: errNoRow}
}

// openMySQL takes back what a DSN may allow and a probe must not have, and
// keeps the driver from writing to stderr.
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
	return &boundedConnector{Connector: connector, most: maxRow, tooMuch: plugins.ErrTooLarge}, nil
}

// readSystemRoots has package x509 read the certificates that the system trusts
// while there are descriptors for that: it tries once in the life of a process.
func readSystemRoots() { _, _ = x509.SystemCertPool() } // a handshake says what is wrong with them

// serverMessage is the server's own message, where err is one. Those about
// data quote it ("invalid input syntax for type integer: …"), so they keep
// their code only.
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

// isTooLong reports whether a driver's error is that a row is longer than it may
// be.
func isTooLong(err error) bool {
	var long *pgproto3.ExceededMaxBodyLenErr
	return errors.As(err, &long)
}

// sqlState is the code of a PostgreSQL server's error, "" for any other.
func sqlState(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code
	}
	return ""
}

// scrubber takes the secrets of a DSN out of a text, as they are written and
// as a URL has them.
func scrubber(dsn manifest.Text, passwords ...string) *strings.Replacer {
	secrets := passwords
	manifest.Secrets(dsn, func(s string) { secrets = append(secrets, s) })
	if dsn.HasSecret() {
		secrets = append(secrets, dsn.Reveal())
	}
	var pairs []string
	for _, s := range secrets {
		for _, form := range []string{s, url.QueryEscape(s), url.PathEscape(s)} {
			if len(form) >= 4 { // less would tear holes into every word
				pairs = append(pairs, form, "(secret)")
			}
		}
	}
	return strings.NewReplacer(pairs...)
}

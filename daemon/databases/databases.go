package databases

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"vega/plugins"
	"vega/plugins/grant"
	"vega/plugins/manifest"
	"vega/plugins/span"
	"vega/store/sqlite"
)

// OwnDatabase is the name of vega's own store among the databases.
const OwnDatabase = "vega"

// Limits on the resources that vega and a database server may use of each other.
const (
	maxConnections = 4
	maxRow         = 1 << 20         // bytes of a row that a probe reads
	maxOwnRow      = 16 << 20        // bytes of a row that vega itself reads
	maxSnapshot    = 2 * maxOwnRow   // bytes that one snapshot of a server reads in total
	maxQueryTime   = 5 * time.Minute // unless the run has less
)

// dsnFiles is the maximum number of files that are open at the same time while a
// driver parses a DSN or reads the system's certificates.
const dsnFiles = 2

// Own is vega's own store.
type Own interface {
	counted
	adviser
	Query(ctx context.Context, query string) (*sqlite.Rows, error)
}

// Set runs the queries of probes on the configured databases and on vega's own. A
// database is opened by the first query on it, so vega can start even if a database
// is down.
type Set struct {
	own        Own
	sources    map[string]*source
	samplers   *samplers
	thirdParty bool // granted to a plugin that does not ship with vega
}

// Config configures a database that probes may query.
type Config struct {
	Name   string
	Driver string // postgres, mysql or sqlite
	DSN    manifest.Text
	// Resolver is the DNS server for its host, host:port; "" means the system's.
	Resolver string
	// CAFile holds authorities that are trusted in addition to the system's, unless
	// the DSN names its own; "" for none.
	CAFile string
	// Observer measures the queries; nil: none. The database is opened again if it is
	// another one.
	Observer Observer
}

// Observer measures queries.
type Observer interface {
	// ObserveQuery is called after each query with the time that the database took.
	ObserveQuery(ctx context.Context, database string, took time.Duration)
}

// observe returns the function that measures the queries of this database, or nil.
func (c *Config) observe() func(context.Context, time.Duration) {
	if c.Observer == nil {
		return nil
	}
	return func(ctx context.Context, took time.Duration) { c.Observer.ObserveQuery(ctx, c.Name, took) }
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
	scrub *scrubber
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
func New(all []Config, slow time.Duration, own Own, before *Set) *Set {
	d := &Set{own: own, sources: make(map[string]*source, len(all)), samplers: &samplers{}}
	if before != nil {
		d.samplers = before.samplers
	}
	for _, c := range all {
		s := before.source(c.Name)
		if s == nil || !reflect.DeepEqual(s.config, c) {
			s = &source{config: c, slow: slow, scrub: newScrubber(c.DSN, ""), limiter: newLimiter(c.Name)}
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
	if parent := span.In(ctx); parent.Recorded() {
		return d.traced(ctx, parent, database, query)
	}
	return d.query(ctx, database, query)
}

func (d *Set) query(ctx context.Context, database, query string) (plugins.Rows, error) {
	if database == OwnDatabase && d.own != nil {
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
	held, err := s.limiter.acquire(ctx, d.thirdParty, func() func() { return open.Profiler().Wait(open.pool()) })
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
		names = append(names, OwnDatabase)
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
	open, scrub, err := s.connect()
	if err != nil {
		return nil, fmt.Errorf("database %q: %w", s.config.Name, err)
	}
	s.open, s.scrub = open, scrub
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

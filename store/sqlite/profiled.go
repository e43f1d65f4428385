package sqlite

import (
	"database/sql"
	"database/sql/driver"

	"modernc.org/sqlite"

	"vega/store/profile"
)

// statements is the number of compiled statements that a connection caches.
// vega has a few dozen, and a compiled one runs in half the time.
const statements = 64

func newProfiler(s settings) *profile.Profiler {
	return profile.New(profile.Options{
		Dialect:        profile.SQLite,
		Slow:           s.slow,
		StatementCache: statements,
		Explain:        profile.ExplainSQLite,
		ExplainSingle:  true, // the writer's pool: the file allows readers next to it
		Correlation:    s.correlation,
		Observe:        s.observe,
	})
}

// NewProfiler returns a profiler for stores that are opened with the option Kept. Of the
// options, it needs SlowQuery, Correlation and Observe.
func NewProfiler(options ...Option) *profile.Profiler { return newProfiler(apply(options)) }

// profiler returns the profiler to use.
func (s settings) profiler() *profile.Profiler {
	if s.queries != nil {
		return s.queries
	}
	return newProfiler(s)
}

// Profiler returns the profiler of all queries on the store, including those of
// probes.
func (s *Store) Profiler() *profile.Profiler { return s.profiler }

// Profiler returns the profiler of all queries on the file.
func (r *Reader) Profiler() *profile.Profiler { return r.profiler }

// profiled opens at most n connections. Their queries are profiled under the
// name of the pool.
func profiled(p *profile.Profiler, name, database string, n int, r room) (*sql.DB, error) {
	connector, err := sqlite.NewConnector(database)
	if err != nil {
		return nil, err
	}
	return pooled(p, name, roomy{connector, r}, n), nil
}

func pooled(p *profile.Profiler, name string, connector driver.Connector, n int) *sql.DB {
	db := sql.OpenDB(p.Connector(name, connector))
	db.SetMaxOpenConns(n)
	db.SetMaxIdleConns(n)
	p.Pool(name, db)
	return db
}

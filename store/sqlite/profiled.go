package sqlite

import (
	"database/sql"
	"database/sql/driver"

	"modernc.org/sqlite"

	"vega/store/profile"
)

// statements is how many compiled statements a connection keeps. vega itself
// has some dozens; a compiled one runs in half the time.
const statements = 64

func newProfiler(s settings) *profile.Profiler {
	return profile.New(profile.Options{
		Dialect:        profile.SQLite,
		Slow:           s.slow,
		StatementCache: statements,
		Explain:        profile.ExplainSQLite,
		Correlation:    s.correlation,
	})
}

// Profiler tells of every query on the store, those of probes included.
func (s *Store) Profiler() *profile.Profiler { return s.profiler }

// Profiler tells of every query on the file.
func (r *Reader) Profiler() *profile.Profiler { return r.profiler }

// profiled opens n connections at most, whose queries are measured under the
// pool's name.
func profiled(p *profile.Profiler, name, dsn string, n int, r room) (*sql.DB, error) {
	connector, err := sqlite.NewConnector(dsn)
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

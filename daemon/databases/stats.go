package databases

import (
	"context"
	"maps"
	"slices"

	"vega/store/profile"
	"vega/store/sqlite"
)

// Stats holds query statistics since the last reset, of vega's own database and, in
// Databases, of the configured ones. It contains no values from queries.
type Stats struct {
	Report
	Databases []Report `json:"databases"`
}

// Report holds the query statistics of one database.
type Report struct {
	Name   string `json:"name"`
	Driver string `json:"driver"`
	// Unavailable is the reason why the other fields are missing, or "" if they are
	// not.
	Unavailable string `json:"unavailable,omitempty"`

	profile.Stats
	Slow       []AdvisedQuery     `json:"slow_queries"` // the slow queries of Stats, with advice
	Statements []AdvisedStatement `json:"statements"`
	File       *sqlite.Info       `json:"database,omitempty"` // only for a SQLite database
	Notes      []string           `json:"notes"`              // other problems, in prose
	// Server holds the statistics of a PostgreSQL server; ServerUnavailable is
	// the reason why they are missing.
	Server            *ServerStats `json:"server,omitempty"`
	ServerUnavailable string       `json:"server_unavailable,omitempty"`
}

// AdvisedQuery is a slow query with advice. Advice is nil if vega has no advice, or
// none yet.
type AdvisedQuery struct {
	profile.Query
	Advice *sqlite.Advice `json:"advice,omitempty"`
}

// AdvisedStatement is a statement with advice, like AdvisedQuery.
type AdvisedStatement struct {
	profile.Statement
	Advice *sqlite.Advice `json:"advice,omitempty"`
}

// adviser gives advice on profiled statements.
type adviser interface {
	Profiler() *profile.Profiler
	Advice(ctx context.Context, stats *profile.Stats) sqlite.Advised
	Info(ctx context.Context) (sqlite.Info, error)
}

// Stats returns the query statistics of all databases. It does not wait for a
// server. It uses the latest snapshot, and may start another.
func (d *Set) Stats(ctx context.Context) Stats {
	s := Stats{Report: sqliteReport(ctx, d.own), Databases: []Report{}}
	s.Name = OwnDatabase
	for _, name := range slices.Sorted(maps.Keys(d.sources)) {
		s.Databases = append(s.Databases, d.statsOf(ctx, name))
	}
	return s
}

func (d *Set) statsOf(ctx context.Context, name string) Report {
	s := d.sources[name]
	var r Report
	if open, err := s.ready(); err == nil {
		r = open.stats(ctx)
	} else {
		r = newReport(profile.New(profile.Options{Slow: s.slow}).Stats(), nil)
		r.Unavailable = err.Error()
	}
	r.Name, r.Driver = name, s.config.Driver
	return r
}

// Reset resets all statistics.
func (d *Set) Reset() {
	d.own.Profiler().Reset()
	for _, s := range d.sources {
		if open := s.inUse(); open != nil {
			open.reset()
		}
	}
}

func (s server) stats(ctx context.Context) Report {
	r := newReport(s.profiler.Stats(), nil)
	if s.poller != nil {
		r.Server, r.ServerUnavailable = s.poller.stats(ctx)
	}
	return r
}

func (s server) reset() {
	s.profiler.Reset()
	if s.poller != nil {
		s.poller.reset()
	}
}

func (f closingFile) stats(ctx context.Context) Report { return sqliteReport(ctx, f.Reader) }
func (f closingFile) reset()                           { f.Profiler().Reset() }

func sqliteReport(ctx context.Context, a adviser) Report {
	stats := a.Profiler().Stats()
	advised := a.Advice(ctx, &stats)
	r := newReport(stats, advised.Statements)
	r.Driver = "sqlite"
	info, err := a.Info(ctx)
	if err != nil {
		r.Unavailable = "the file can't be read: " + err.Error()
		return r
	}
	for i := range info.Indexes {
		x := &info.Indexes[i]
		x.Finding = advised.Indexes[x.Name]
	}
	r.File, r.Notes = &info, sqlite.Notes(info, stats.Open)
	return r
}

func newReport(stats profile.Stats, advice map[string]*sqlite.Advice) Report {
	r := Report{
		Stats:      stats,
		Slow:       make([]AdvisedQuery, 0, len(stats.Slow)),
		Statements: make([]AdvisedStatement, 0, len(stats.Statements)),
		Notes:      []string{},
	}
	for _, q := range stats.Slow {
		r.Slow = append(r.Slow, AdvisedQuery{q, advice[q.Statement]})
	}
	for _, s := range stats.Statements {
		r.Statements = append(r.Statements, AdvisedStatement{s, advice[s.Statement]})
	}
	return r
}

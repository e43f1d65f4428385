package databases

import (
	"context"
	"maps"
	"slices"

	"vega/store/profile"
	"vega/store/sqlite"
)

// DatabaseStats is what was asked of vega's own database, and in Databases of
// those of the configuration, since the last reset. Values of queries are in
// no part of it.
type Stats struct {
	Report
	Databases []Report `json:"databases"`
}

// DatabaseReport is about one database.
type Report struct {
	Name   string `json:"name"`
	Driver string `json:"driver"`
	// Unavailable says why there is no more to tell, "" if there is.
	Unavailable string `json:"unavailable,omitempty"`

	profile.Stats
	Slow       []AdvisedQuery     `json:"slow_queries"` // those of Stats, with advice
	Statements []AdvisedStatement `json:"statements"`
	File       *sqlite.Info       `json:"database,omitempty"` // of a SQLite database
	Notes      []string           `json:"notes"`              // what else is wrong, in words
	// Server is what a PostgreSQL server counts itself; ServerUnavailable says
	// why that is not known.
	Server            *ServerStats `json:"server,omitempty"`
	ServerUnavailable string       `json:"server_unavailable,omitempty"`
}

// AdvisedQuery is a slow query. Advice is nil where there is none, or none
// known yet.
type AdvisedQuery struct {
	profile.Query
	Advice *sqlite.Advice `json:"advice,omitempty"`
}

// AdvisedStatement is a statement, with advice as AdvisedQuery.
type AdvisedStatement struct {
	profile.Statement
	Advice *sqlite.Advice `json:"advice,omitempty"`
}

// adviser gives advice on the statements of some figures.
type adviser interface {
	Profiler() *profile.Profiler
	Advice(ctx context.Context, stats *profile.Stats) sqlite.Advised
	Info(ctx context.Context) (sqlite.Info, error)
}

// stats reports how queries did. It waits for no server: what it asks of one is
// for the next request.
func (d *Set) Stats(ctx context.Context) Stats {
	s := Stats{Report: sqliteReport(ctx, d.own), Databases: []Report{}}
	s.Name = ownDatabase
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
	if s.watch != nil {
		r.Server, r.ServerUnavailable = s.watch.stats(ctx)
	}
	return r
}

func (s server) reset() {
	s.profiler.Reset()
	if s.watch != nil {
		s.watch.reset()
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
		r.Unavailable = "its file can't be read: " + err.Error()
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

package profile

import (
	"cmp"
	"slices"
	"time"
)

// openShown is the number of open rows in Stats.
const openShown = 10

// Stats is a snapshot of the figures. Durations are in milliseconds, times in
// UTC, and lists are never nil.
type Stats struct {
	Since  time.Time `json:"since"` // the last Reset
	SlowMS float64   `json:"slow_threshold_ms"`
	// Queries covers all queries.
	Queries Figures `json:"queries"`
	// Slow, Failed and Recent are the last 10, 10 and 100, newest first.
	Slow   []Query `json:"slow_queries"`
	Failed []Query `json:"failed_queries"`
	Recent []Query `json:"recent_queries"`
	// Statements are sorted by total time, largest first.
	Statements []Statement `json:"statements"`
	// Other counts the queries of statements beyond Options.Statements. Their
	// figures are in the statement with the fingerprint "other".
	Other int64  `json:"other_queries"`
	Pools []Pool `json:"pools"`
	// Open lists the rows that have been open longest, at most 10. Rows that
	// are not closed hold a connection and a snapshot of the database.
	Open []OpenRows `json:"open_rows"`
}

// Figures summarize a number of queries. Durations are the database's own time;
// percentiles are exact to 6.25 %.
type Figures struct {
	Total   int64   `json:"total"`
	Failed  int64   `json:"failed"`
	Slow    int64   `json:"slow"`
	TotalMS float64 `json:"total_ms"`
	AvgMS   float64 `json:"avg_ms"`
	MinMS   float64 `json:"min_ms"`
	MaxMS   float64 `json:"max_ms"`
	P50MS   float64 `json:"p50_ms"`
	P95MS   float64 `json:"p95_ms"`
	P99MS   float64 `json:"p99_ms"`
}

// Statement is a kind of query with its figures.
type Statement struct {
	Statement   string `json:"statement"`   // with ? for values
	Fingerprint string `json:"fingerprint"` // the same in every process
	Function    string `json:"function"`    // the first that sent it
	Figures
}

// Query is a query that has ended.
type Query struct {
	Statement   string `json:"statement"`
	Fingerprint string `json:"fingerprint"`
	Function    string `json:"function"`
	// DurationMS is the database's own time: the call, every Next, and Close.
	DurationMS float64 `json:"duration_ms"`
	FirstRowMS float64 `json:"first_row_ms"` // from the start; 0 if there was no row
	// HeldMS is how long the rows were open. What exceeds InNextMS was spent by
	// the caller.
	HeldMS        float64   `json:"held_ms"`
	InNextMS      float64   `json:"in_next_ms"`
	Rows          int64     `json:"rows"` // read or changed
	CorrelationID string    `json:"correlation_id"`
	At            time.Time `json:"at"` // start
	Error         string    `json:"error,omitempty"`
	Plan          string    `json:"plan,omitempty"`
	Pool          string    `json:"pool"`
}

// Pool is the state of a *sql.DB.
type Pool struct {
	Name      string `json:"name"`
	MaxOpen   int    `json:"max_open"` // 0 means no limit
	Open      int    `json:"open"`
	InUse     int    `json:"in_use"`
	Idle      int    `json:"idle"`
	WaitCount int64  `json:"wait_count"`
	// WaitMS includes the waits in progress that Profiler.Wait began. A wait for db
	// itself counts when it ends.
	WaitMS  float64 `json:"wait_ms"`
	Waiting int     `json:"waiting"` // waits in progress that Profiler.Wait began
}

// OpenRows are rows that have not been closed yet.
type OpenRows struct {
	Statement     string  `json:"statement"`
	Fingerprint   string  `json:"fingerprint"`
	Function      string  `json:"function"`
	CorrelationID string  `json:"correlation_id"`
	Pool          string  `json:"pool"`
	OpenMS        float64 `json:"open_ms"`
}

// Stats returns what was measured since the last Reset.
func (p *Profiler) Stats() Stats {
	w := p.window.Load()
	s := Stats{
		Since:  w.since.UTC(),
		SlowMS: milliseconds(p.options.Slow),
		Slow:   queries(w.slow),
		Failed: queries(w.failed),
		Recent: queries(w.recent),
		Pools:  p.poolStats(),
		Open:   p.openRows(p.now()),
	}
	w.figures(&s)
	return s
}

func (w *window) figures(s *Stats) {
	w.mu.Lock()
	shapes := make([]*shape, 0, len(w.shapes)+1)
	for _, shape := range w.shapes {
		shapes = append(shapes, shape)
	}
	w.mu.Unlock()
	var all figures
	s.Statements = make([]Statement, 0, len(shapes)+1)
	for _, shape := range append(shapes, w.other) {
		var f figures
		f.read(&shape.stats)
		if f.total == 0 {
			continue
		}
		all.add(&f)
		if shape == w.other {
			s.Other = f.total
		}
		s.Statements = append(s.Statements, Statement{shape.statement, shape.fingerprint, shape.functionName(), f.shown()})
	}
	slices.SortFunc(s.Statements, func(a, b Statement) int {
		return cmp.Or(cmp.Compare(b.TotalMS, a.TotalMS), cmp.Compare(a.Fingerprint, b.Fingerprint))
	})
	s.Queries = all.shown()
}

func (f *figures) shown() Figures {
	if f.total == 0 {
		return Figures{}
	}
	return Figures{
		Total:   f.total,
		Failed:  f.failed,
		Slow:    f.slow,
		TotalMS: milliseconds(f.sum),
		AvgMS:   milliseconds(f.sum / time.Duration(f.total)),
		MinMS:   milliseconds(f.min),
		MaxMS:   milliseconds(f.max),
		P50MS:   milliseconds(f.percentile(0.50)),
		P95MS:   milliseconds(f.percentile(0.95)),
		P99MS:   milliseconds(f.percentile(0.99)),
	}
}

func queries(r *ring) []Query {
	entries := r.newest()
	list := make([]Query, len(entries))
	for i, e := range entries {
		if e.notes == nil {
			e.notes = &notes{}
		}
		list[i] = Query{
			Statement:     e.text.statement,
			Fingerprint:   e.text.fingerprint,
			Function:      e.function,
			DurationMS:    milliseconds(e.own),
			FirstRowMS:    milliseconds(e.first),
			HeldMS:        milliseconds(e.held),
			InNextMS:      milliseconds(e.next),
			Rows:          e.rows,
			CorrelationID: e.correlation,
			At:            time.Unix(0, e.began).UTC(),
			Error:         e.notes.err,
			Plan:          e.notes.plan,
			Pool:          e.pool,
		}
	}
	return list
}

func (p *Profiler) poolStats() []Pool {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	list := make([]Pool, len(p.pools))
	for i := range p.pools {
		pool := &p.pools[i]
		s := pool.db.Stats()
		list[i] = Pool{
			pool.name, s.MaxOpenConnections, s.OpenConnections, s.InUse, s.Idle,
			s.WaitCount + pool.waits, milliseconds(s.WaitDuration + pool.waitedUntil(now)), len(pool.waiting),
		}
	}
	return list
}

func (p *Profiler) openRows(now time.Duration) []OpenRows {
	p.mu.Lock()
	conns := make([]*conn, 0, len(p.conns))
	for c := range p.conns {
		conns = append(conns, c)
	}
	p.mu.Unlock()
	list := []OpenRows{}
	for _, c := range conns {
		list = append(list, c.openRows(now)...)
	}
	slices.SortFunc(list, func(a, b OpenRows) int { return cmp.Compare(b.OpenMS, a.OpenMS) })
	return list[:min(len(list), openShown)]
}

func (c *conn) openRows(now time.Duration) []OpenRows {
	c.mu.Lock()
	defer c.mu.Unlock()
	var list []OpenRows
	for r := c.open; r != nil; r = r.older {
		t := r.run.text
		list = append(list, OpenRows{
			Statement:     t.statement,
			Fingerprint:   t.fingerprint,
			Function:      c.profiler.function(r.ctx, t),
			CorrelationID: c.profiler.correlation(r.ctx),
			Pool:          c.pool,
			OpenMS:        milliseconds(now - r.run.began),
		})
	}
	return list
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

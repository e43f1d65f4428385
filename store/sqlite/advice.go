package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"vega/store/advise"
	"vega/store/profile"
	"vega/store/sqlite/dsn"
)

// At most maxAdvised statements get advice, those with the largest total time
// first. An answer waits up to adviceWait for pending advice.
const (
	maxAdvised   = 50
	adviceWait   = 2 * time.Millisecond
	adviceExpiry = 10 * time.Minute
)

// unusedAfter is how long statements are observed before an index is reported
// as unused. It leaves time for a query that runs once an hour.
const unusedAfter = time.Hour

// Advice explains a statement that is slow or reads too much: its plan, the
// problems in it, and the index that solves them. It contains names of tables
// and columns, but no values.
type Advice struct {
	Text     string   `json:"text"` // one or two sentences
	Plan     []string `json:"plan"`
	Problems []string `json:"problems"`
	Rewrite  string   `json:"rewrite,omitempty"`
	Indexes  []Index  `json:"indexes"`
	// Analyze is set if ANALYZE is enough, without an index.
	Analyze bool `json:"analyze"`
	// StepsBefore and StepsAfter are what the statement takes on a copy of some
	// of the rows, in steps of SQLite's virtual machine; 0 if nothing helps.
	StepsBefore int64    `json:"steps_before"`
	StepsAfter  int64    `json:"steps_after"`
	PlanAfter   []string `json:"plan_after"`
}

// Index is an index to create, and its cost.
type Index struct {
	SQL               string  `json:"sql"`
	BytesPerRow       float64 `json:"bytes_per_row"`
	WALBytesPerInsert float64 `json:"wal_bytes_per_insert"`
	TotalBytes        int64   `json:"total_bytes"` // for the rows there are now
}

// Finding is an index that costs more than it is worth.
type Finding struct {
	Text              string  `json:"text"`           // one or two sentences
	With              string  `json:"with,omitempty"` // the index that makes it redundant
	SQL               string  `json:"sql"`            // DROP INDEX …
	BytesPerRow       float64 `json:"bytes_per_row"`
	WALBytesPerInsert float64 `json:"wal_bytes_per_insert"`
	TotalBytes        int64   `json:"total_bytes"`
}

// Advised holds the advice on the slow queries and the statements with the
// largest total time, by statement, and the findings, by index. Statements and
// indexes without a problem are absent.
type Advised struct {
	Statements map[string]*Advice
	Indexes    map[string]*Finding
}

// Advice returns the advice that is available within a few milliseconds. It
// starts the work on the rest, which a later call returns. It never reports
// vega's own indexes, because their use depends on what clients request.
func (s *Store) Advice(ctx context.Context, stats *profile.Stats) Advised {
	found := s.advisor.advice(ctx, s.path, stats, false)
	maps.DeleteFunc(found.Indexes, func(name string, _ *Finding) bool {
		return slices.ContainsFunc(s.schema, func(m migration) bool { return strings.Contains(string(m), "CREATE INDEX "+name+" ON ") })
	})
	return found
}

// Advice returns advice on a foreign database, as Store.Advice does. After
// observing the statements for an hour, it also reports the indexes that none
// of them used.
func (r *Reader) Advice(ctx context.Context, stats *profile.Stats) Advised {
	return r.advisor.advice(ctx, r.path, stats, time.Since(stats.Since) >= unusedAfter && stats.Other == 0)
}

// advisor caches advice on one database. The zero value is ready to use.
type advisor struct {
	mu      sync.Mutex
	known   map[string]cachedAdvice
	indexes map[string]*Finding
	indexed time.Time     // when indexes was last updated
	version int64         // of the schema to which the cache belongs
	working chan struct{} // closed when the work in progress ends; nil if there isn't one
	db      *sql.DB       // a pool of its own, which is not profiled
	expert  *advise.Advisor
	closed  bool
}

// cachedAdvice expires, because tables grow and indexes are added.
type cachedAdvice struct {
	advice *Advice // nil if there is no problem
	at     time.Time
}

func (a *advisor) advice(ctx context.Context, path string, stats *profile.Stats, unused bool) Advised {
	wanted := statementsOf(stats)
	a.dropStale(ctx, path)
	if done := a.work(ctx, path, wanted, stats, unused); done != nil {
		wait := time.NewTimer(adviceWait)
		defer wait.Stop()
		select {
		case <-done:
		case <-wait.C:
		case <-ctx.Done():
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	found := Advised{map[string]*Advice{}, maps.Clone(a.indexes)}
	for _, statement := range wanted {
		if o := a.known[statement]; o.advice != nil {
			found.Statements[statement] = o.advice
		}
	}
	return found
}

// dropStale empties the cache when the schema has changed, because a
// recommended index may exist by now.
func (a *advisor) dropStale(ctx context.Context, path string) {
	db, err := a.open(path)
	if err != nil {
		return
	}
	var version int64
	if db.QueryRowContext(ctx, "PRAGMA schema_version").Scan(&version) != nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if version != a.version {
		a.version, a.known, a.indexes, a.indexed = version, nil, nil, time.Time{}
	}
}

// statementsOf returns the statements to advise on, without duplicates.
func statementsOf(stats *profile.Stats) []string {
	var all []string
	seen := map[string]bool{}
	add := func(statement string) {
		if !seen[statement] && len(all) < maxAdvised {
			seen[statement] = true
			all = append(all, statement)
		}
	}
	for _, q := range stats.Slow {
		add(q.Statement)
	}
	for _, s := range stats.Statements {
		add(s.Statement)
	}
	return all
}

// work starts a goroutine that updates missing or expired advice, unless one is
// running. It returns a channel that is closed when the goroutine ends, or nil
// if everything is up to date.
func (a *advisor) work(ctx context.Context, path string, wanted []string, stats *profile.Stats, unused bool) <-chan struct{} {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed || a.working != nil {
		return a.working
	}
	var missing []string
	for _, statement := range wanted {
		if o, ok := a.known[statement]; !ok || time.Since(o.at) > adviceExpiry {
			missing = append(missing, statement)
		}
	}
	indexes := time.Since(a.indexed) > adviceExpiry
	if len(missing) == 0 && !indexes {
		return nil
	}
	done, version := make(chan struct{}), a.version
	a.working = done
	go func() {
		ctx := context.WithoutCancel(ctx)
		found := a.adviseOn(ctx, path, missing)
		var findings map[string]*Finding
		if indexes {
			findings = a.adviseOnIndexes(ctx, path, stats, unused)
		}
		a.mu.Lock()
		defer a.mu.Unlock()
		a.working = nil
		close(done)
		if version != a.version {
			return
		}
		a.remember(found)
		if indexes {
			a.indexes, a.indexed = findings, time.Now()
		}
	}()
	return done
}

// adviseOnIndexes returns the findings on the indexes.
func (a *advisor) adviseOnIndexes(ctx context.Context, path string, stats *profile.Stats, unused bool) map[string]*Finding {
	expert, err := a.openExpert(ctx, path)
	if err != nil {
		return nil
	}
	all := make([]string, 0, len(stats.Statements))
	for _, s := range stats.Statements {
		all = append(all, s.Statement)
	}
	found, err := expert.Indexes(ctx, all)
	if err != nil {
		return nil
	}
	findings := map[string]*Finding{}
	for _, f := range found {
		text := f.String()
		if f.With == "" {
			if !unused {
				continue
			}
			text = fmt.Sprintf("%s This is based on %d queries since %s.", text, stats.Queries.Total, stats.Since.Format(time.RFC3339))
		}
		findings[f.Index] = &Finding{text, f.With, f.SQL, f.BytesPerRow, f.WALBytesPerInsert, f.TotalBytes}
	}
	return findings
}

func (a *advisor) remember(found map[string]cachedAdvice) {
	if len(a.known)+len(found) > 4*maxAdvised {
		a.known = nil // drop statements that are no longer sent
	}
	if a.known == nil {
		a.known = map[string]cachedAdvice{}
	}
	for statement, o := range found {
		a.known[statement] = o
	}
}

// adviseOn returns advice on the statements. It skips a statement that cannot
// be analyzed.
func (a *advisor) adviseOn(ctx context.Context, path string, statements []string) map[string]cachedAdvice {
	found := map[string]cachedAdvice{}
	expert, err := a.openExpert(ctx, path)
	if err == nil {
		defer expert.Rest() // the copied rows take memory
	}
	for _, statement := range statements {
		o := cachedAdvice{at: time.Now()}
		if err == nil {
			if advice, err := expert.Statement(ctx, statement); err == nil && len(advice.Problems) > 0 {
				o.advice = newAdvice(advice)
			}
		}
		found[statement] = o
	}
	return found
}

func newAdvice(a advise.Advice) *Advice {
	out := &Advice{
		Text: a.String(), Plan: a.Plan, Problems: a.Problems, Rewrite: a.Rewrite,
		Analyze: a.Analyze, StepsBefore: a.Before, StepsAfter: a.After,
		Indexes: make([]Index, 0, len(a.Indexes)), PlanAfter: append([]string{}, a.PlanAfter...),
	}
	for _, x := range a.Indexes {
		out.Indexes = append(out.Indexes, Index{
			SQL: x.SQL, BytesPerRow: x.BytesPerRow, WALBytesPerInsert: x.WALBytesPerInsert, TotalBytes: x.TotalBytes,
		})
	}
	return out
}

// openExpert opens the expert on first use. Only one goroutine may call it at a
// time.
func (a *advisor) openExpert(ctx context.Context, path string) (*advise.Advisor, error) {
	if a.expert != nil {
		return a.expert, nil
	}
	db, err := a.open(path)
	if err != nil {
		return nil, err
	}
	a.expert, err = advise.New(ctx, db)
	return a.expert, err
}

// open opens the database on first use.
func (a *advisor) open(path string) (*sql.DB, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case a.closed:
		return nil, errors.New("the database is closed")
	case a.db != nil:
		return a.db, nil
	}
	db, err := dsn.Open(dsn.Guest(path), 2)
	if err != nil {
		return nil, err
	}
	a.db = db
	return db, nil
}

// close waits for the work in progress and closes the database.
func (a *advisor) close() error {
	a.mu.Lock()
	a.closed = true
	working := a.working
	a.mu.Unlock()
	if working != nil {
		<-working
	}
	var errs []error
	if a.expert != nil {
		errs = append(errs, a.expert.Close())
	}
	if a.db != nil {
		errs = append(errs, a.db.Close())
	}
	return errors.Join(errs...)
}

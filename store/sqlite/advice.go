package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	"vega/store/advise"
	"vega/store/profile"
)

// How many statements are advised on, those that take the most time first, and
// how long an answer waits for advice that is not known yet.
const (
	maxAdvised   = 50
	adviceWait   = 2 * time.Millisecond
	adviceExpiry = time.Minute
)

// unusedAfter is how long a database's statements are watched before an index
// is called unused: what runs once an hour should have run.
const unusedAfter = time.Hour

// Advice is what to do about a statement that is slow or reads too much: its
// plan, what is wrong with it, and the index that would end that. Texts name
// tables and columns, never a value.
type Advice struct {
	Text      string   `json:"text"` // one or two sentences
	Plan      []string `json:"plan"`
	Problems  []string `json:"problems"`
	Rewrite   string   `json:"rewrite,omitempty"`
	Indexes   []Index  `json:"indexes"`
	PlanAfter []string `json:"plan_after"`
}

// Index is one to create, and its price.
type Index struct {
	SQL               string  `json:"sql"`
	BytesPerRow       float64 `json:"bytes_per_row"`
	WALBytesPerInsert float64 `json:"wal_bytes_per_insert"`
	TotalBytes        int64   `json:"total_bytes"` // for the rows of now
}

// Finding is an index that costs more than it gives.
type Finding struct {
	Text              string  `json:"text"`           // one or two sentences
	With              string  `json:"with,omitempty"` // the index that does all that it does
	SQL               string  `json:"sql"`            // DROP INDEX …
	BytesPerRow       float64 `json:"bytes_per_row"`
	WALBytesPerInsert float64 `json:"wal_bytes_per_insert"`
	TotalBytes        int64   `json:"total_bytes"`
}

// Advised is advice on the statements that take the most time and those of the
// slow queries, by statement, and findings by the index. One with nothing to
// mend is absent.
type Advised struct {
	Statements map[string]*Advice
	Indexes    map[string]*Finding
}

// Advice answers within some milliseconds: what takes longer to find out is
// there for the next who asks. No index of vega's own is called unused: which
// of the ways into the history are taken is up to the operator's users.
func (s *Store) Advice(ctx context.Context, stats *profile.Stats) Advised {
	return s.advisor.about(ctx, s.path, stats, false)
}

// Advice is about a foreign database, as Store.Advice. An index that no
// statement used is among the findings when they were watched for an hour.
func (r *Reader) Advice(ctx context.Context, stats *profile.Stats) Advised {
	return r.advisor.about(ctx, r.path, stats, time.Since(stats.Since) >= unusedAfter && stats.Other == 0)
}

// advisor remembers advice on one database. The zero value is ready.
type advisor struct {
	mu      sync.Mutex
	known   map[string]opinion
	indexes map[string]*Finding
	looked  time.Time     // when indexes were
	version int64         // of the schema that all this is about
	working chan struct{} // closed when the work in progress is done; nil: there is none
	db      *sql.DB       // of its own, so that its queries are not measured
	expert  *advise.Advisor
	closed  bool
}

// opinion is advice that holds for a while: tables grow and indexes come.
type opinion struct {
	advice *Advice // nil: all is well
	at     time.Time
}

func (a *advisor) about(ctx context.Context, path string, stats *profile.Stats, unused bool) Advised {
	wanted := asked(stats)
	a.forgetOld(ctx, path)
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

// forgetOld drops what was about a schema that is no more: an index that was
// advised may be there by now.
func (a *advisor) forgetOld(ctx context.Context, path string) {
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
		a.version, a.known, a.indexes, a.looked = version, nil, nil, time.Time{}
	}
}

// asked are the statements to advise on, each once.
func asked(stats *profile.Stats) []string {
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

// work starts looking at those statements whose advice is missing or old, and
// at the indexes, unless that is under way. The answer is nil where there is
// nothing to do.
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
	indexes := time.Since(a.looked) > adviceExpiry
	if len(missing) == 0 && !indexes {
		return nil
	}
	done, version := make(chan struct{}), a.version
	a.working = done
	go func() {
		ctx := context.WithoutCancel(ctx)
		found := a.consider(ctx, path, missing)
		var findings map[string]*Finding
		if indexes {
			findings = a.weigh(ctx, path, stats, unused)
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
			a.indexes, a.looked = findings, time.Now()
		}
	}()
	return done
}

// weigh asks the expert about the indexes.
func (a *advisor) weigh(ctx context.Context, path string, stats *profile.Stats, unused bool) map[string]*Finding {
	expert, err := a.ask(ctx, path)
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
			text = fmt.Sprintf("%s That is so for the %d queries since %s.", text, stats.Queries.Total, stats.Since.Format(time.RFC3339))
		}
		findings[f.Index] = &Finding{text, f.With, f.SQL, f.BytesPerRow, f.WALBytesPerInsert, f.TotalBytes}
	}
	return findings
}

func (a *advisor) remember(found map[string]opinion) {
	if len(a.known)+len(found) > 4*maxAdvised {
		a.known = nil // statements that nobody sends any more
	}
	if a.known == nil {
		a.known = map[string]opinion{}
	}
	for statement, o := range found {
		a.known[statement] = o
	}
}

// consider asks the expert. One statement that it can't look at keeps it from
// no other.
func (a *advisor) consider(ctx context.Context, path string, statements []string) map[string]opinion {
	found := map[string]opinion{}
	expert, err := a.ask(ctx, path)
	for _, statement := range statements {
		o := opinion{at: time.Now()}
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
		Indexes: make([]Index, 0, len(a.Indexes)), PlanAfter: append([]string{}, a.PlanAfter...),
	}
	for _, x := range a.Indexes {
		out.Indexes = append(out.Indexes, Index{
			SQL: x.SQL, BytesPerRow: x.BytesPerRow, WALBytesPerInsert: x.WALBytesPerInsert, TotalBytes: x.TotalBytes,
		})
	}
	return out
}

// ask opens the expert. One goroutine calls it at a time.
func (a *advisor) ask(ctx context.Context, path string) (*advise.Advisor, error) {
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

// open connects once.
func (a *advisor) open(path string) (*sql.DB, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case a.closed:
		return nil, errors.New("the database is closed")
	case a.db != nil:
		return a.db, nil
	}
	db, err := pool(guestDSN(path), 2)
	if err != nil {
		return nil, err
	}
	a.db = db
	return db, nil
}

// close waits for the work in progress.
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

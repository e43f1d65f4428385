package store

import (
	"context"
	"database/sql"
	"errors"
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

// Advice is about the statements that take the most time, and those of the
// slow queries, by statement; a statement with nothing to mend is absent. It
// answers within some milliseconds: what takes longer to find out is there for
// the next who asks.
func (s *Store) Advice(ctx context.Context, stats *profile.Stats) map[string]*Advice {
	return s.advisor.about(ctx, s.path, stats)
}

// Advice is about the statements of a foreign database, as Store.Advice.
func (r *Reader) Advice(ctx context.Context, stats *profile.Stats) map[string]*Advice {
	return r.advisor.about(ctx, r.path, stats)
}

// advisor remembers advice on one database. The zero value is ready.
type advisor struct {
	mu      sync.Mutex
	known   map[string]opinion
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

func (a *advisor) about(ctx context.Context, path string, stats *profile.Stats) map[string]*Advice {
	wanted := asked(stats)
	done := a.work(ctx, path, wanted)
	if done != nil {
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
	found := map[string]*Advice{}
	for _, statement := range wanted {
		if o := a.known[statement]; o.advice != nil {
			found[statement] = o.advice
		}
	}
	return found
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

// work starts looking at those statements whose advice is missing or old,
// unless that is under way. The answer is nil where there is nothing to do.
func (a *advisor) work(ctx context.Context, path string, wanted []string) <-chan struct{} {
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
	if len(missing) == 0 {
		return nil
	}
	done := make(chan struct{})
	a.working = done
	go func() {
		found := a.consider(context.WithoutCancel(ctx), path, missing)
		a.mu.Lock()
		defer a.mu.Unlock()
		a.remember(found)
		a.working = nil
		close(done)
	}()
	return done
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

package rollups

import (
	"context"
	"database/sql"
	"sync"
	"sync/atomic"
	"time"

	"vega/policies/rollup"
	"vega/policies/uptime"
	"vega/store"
)

// Schema is the version of the schema that has the tables of this package.
const Schema = 8

const (
	// maxMetrics limits the metrics of an integration. The first ones are rolled up.
	maxMetrics = 64
	// maxLoaded limits how many runs are read to load an integration. Where there are more,
	// its buckets are built in the background.
	maxLoaded = 1000
	// defaultSpeaks is how long a run speaks of an integration that is not configured.
	defaultSpeaks = 2 * time.Minute
)

// Policy is what roll-ups depend on besides the runs. Its functions may be nil; they are
// called within a transaction, and must not use the store.
type Policy struct {
	// Speaks returns how long a run of an integration speaks at most, or 0 if it is not
	// configured.
	Speaks func(integration string) time.Duration
	// Paused returns when an integration is in maintenance between two times, in order of
	// time, without overlaps.
	Paused func(integration string, from, to time.Time) []uptime.Period
	// Now returns the wall clock's time. nil: time.Now.
	Now func() time.Time
}

// Tables has the roll-ups of a database. It implements store.Rollups.
type Tables struct {
	read   *sql.DB
	change func(context.Context, func(*sql.Tx) error) error
	absent bool
	policy Policy
	now    func() time.Time

	mu     sync.Mutex // held in a transaction that writes, and until it is known how that ended
	states map[string]*state
	points map[store.Series]*cursor
	blocks map[string]int // how many series a metric block has, if they were counted
	seen   int64          // SQLite's count of changes by others, when states was loaded

	reading  sync.Mutex
	prepares map[string]*sql.Stmt // statements that read, which the pool keeps prepared

	late    chan struct{} // capacity 1: an integration is behind
	recheck atomic.Bool   // a Recheck has failed, and is to be repeated
	visited atomic.Bool   // all integrations were loaded once: nothing is left to be folded
}

// New returns the roll-ups of a database that is read through a pool and written by change.
// A nil change drops what is to be written. absent says that the database is older than
// the tables: then nothing is in them.
func New(read *sql.DB, change func(context.Context, func(*sql.Tx) error) error, policy Policy, absent bool) *Tables {
	if policy.Now == nil {
		policy.Now = time.Now
	}
	return &Tables{
		read: read, change: change, absent: absent, policy: policy, now: policy.Now,
		states: map[string]*state{}, points: map[store.Series]*cursor{}, blocks: map[string]int{}, late: make(chan struct{}, 1), prepares: map[string]*sql.Stmt{},
	}
}

// Transact runs a transaction that calls Add. If it fails, what Add changed in memory is
// forgotten. It keeps other transactions that change roll-ups waiting.
func (t *Tables) Transact(transaction func() error) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	err := transaction()
	if err != nil {
		t.forget()
	}
	return err
}

// forget drops what is in memory. It is loaded again when it is needed.
func (t *Tables) forget() {
	clear(t.states)
	clear(t.points)
	clear(t.blocks)
}

// write runs a transaction of its own that changes roll-ups.
func (t *Tables) write(ctx context.Context, f func(*session) error) error {
	return t.Transact(func() error {
		return t.change(ctx, func(tx *sql.Tx) error {
			s, err := t.begin(ctx, tx)
			if err != nil {
				return err
			}
			if err := f(s); err != nil {
				return err
			}
			return s.flush()
		})
	})
}

// speaks returns how long a run of an integration speaks, or 0 if it is not configured.
func (t *Tables) speaks(integration string) time.Duration {
	if t.policy.Speaks == nil {
		return 0
	}
	return t.policy.Speaks(integration).Truncate(time.Millisecond)
}

// prepared returns a statement that reads. Parsing it takes longer than running it.
func (t *Tables) prepared(ctx context.Context, query string) (*sql.Stmt, error) {
	t.reading.Lock()
	defer t.reading.Unlock()
	if stmt := t.prepares[query]; stmt != nil {
		return stmt, nil
	}
	stmt, err := t.read.PrepareContext(ctx, query) //nolint:sqlclosecheck // the end of the pool closes it
	if err == nil {
		t.prepares[query] = stmt
	}
	return stmt, err
}

// rules returns the rules for an integration.
func (t *Tables) rules(integration string) rollup.Rules {
	r := rollup.Rules{MaxMetrics: maxMetrics}
	if t.policy.Paused != nil {
		r.Paused = func(from, to time.Time) []uptime.Period { return t.policy.Paused(integration, from, to) }
	}
	return r
}

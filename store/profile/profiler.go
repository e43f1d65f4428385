package profile

import (
	"context"
	"database/sql"
	"hash/maphash"
	"sync"
	"sync/atomic"
	"time"
)

// Defaults of Options.
const (
	defaultSlow       = 100 * time.Millisecond
	defaultStatements = 500
)

// Options configure a Profiler. The zero value works for any database except
// MySQL, which needs its Dialect.
type Options struct {
	// Dialect is the syntax of the database's literals and names.
	//
	// SQLite takes "x" for text if there is no such column. The profiler then
	// shows ?. To know the columns, it reads their names on another connection,
	// under the conditions of Explain.
	Dialect Dialect
	// Slow is the database's own time from which a query counts as slow; 0
	// means 100 ms.
	Slow time.Duration
	// Statements limits how many statements are distinguished until the next
	// Reset; 0 means 500. Each takes about 2.5 KB. Queries of further
	// statements are counted together, in Stats.Other.
	Statements int
	// StatementCache is the number of prepared statements that each connection
	// caches for repeated queries; 0 disables the cache.
	//
	// With SQLite, whose drivers compile every query again, it saves most of the
	// time of short queries. With other databases, only queries that the driver
	// would have prepared are cached: that saves two of three round trips for a
	// query with arguments in MySQL. A prepared statement may return other types,
	// so other queries are sent as they are. With PostgreSQL it is never used:
	// its drivers prepare queries themselves, or were told not to, such as behind
	// a pooler, and the server refuses a statement whose columns have changed.
	// Queries that read what their connection remembers, such as ROW_COUNT(),
	// changes() or @variables, are never cached. The profiler sees such changes
	// in queries, but not inside functions of the database.
	StatementCache int
	// Explain returns the plan of a slow query; nil disables plans. See
	// ExplainSQLite, ExplainPostgres and ExplainMySQL.
	//
	// The plan comes from another connection, which exists only for this and
	// does not count toward the limit of the pool. There is no plan where
	// another connection would not see the same: in a transaction that has
	// changed the schema, after CREATE TEMP TABLE or a change of search_path,
	// in a SQLite database in memory, and for a Pool limited to one connection,
	// unless ExplainSingle is set.
	Explain Explain
	// ExplainSingle allows another connection next to a Pool limited to one.
	ExplainSingle bool
	// Correlation returns the ID of the request to which a query belongs, from
	// the query's context. It may be nil or return "".
	Correlation func(context.Context) string
	// Observe, if not nil, is called after each query, with the query's context and the
	// database's own time. It must not block.
	Observe func(context.Context, time.Duration)
	// Error returns the text to show for a query's error; nil means SafeError.
	// The messages of many databases quote data.
	Error func(error) string
}

// Profiler measures the queries on all connections that its connectors open. It
// is safe for concurrent use.
type Profiler struct {
	options Options
	seed    maphash.Seed
	window  atomic.Pointer[window]
	epoch   time.Time // start of its clock
	anchor  atomic.Pointer[anchor]
	// schema counts the statements that may change plans.
	schema atomic.Uint64

	mu    sync.Mutex
	conns map[*conn]struct{}
	pools []namedPool
}

type namedPool struct {
	name   string
	db     *sql.DB
	waits  int64 // in addition to those that db counts
	waited time.Duration
	// waiting holds when the waits in progress began, on the profiler's clock.
	waiting map[*wait]struct{}
}

// wait is a wait in progress.
type wait struct{ began time.Duration }

// New returns a Profiler.
func New(options Options) *Profiler {
	if options.Slow <= 0 {
		options.Slow = defaultSlow
	}
	if options.Statements <= 0 {
		options.Statements = defaultStatements
	}
	if options.Error == nil {
		options.Error = SafeError
	}
	p := &Profiler{options: options, seed: maphash.MakeSeed(), epoch: time.Now(), conns: map[*conn]struct{}{}}
	p.Reset()
	return p
}

// Reset discards all measurements. A query that is still running counts toward
// the discarded measurements.
func (p *Profiler) Reset() { p.window.Store(newWindow(p.options.Statements)) }

// Pool adds the state of db to Stats, under the name of its connector. It
// replaces another db of the same name.
func (p *Profiler) Pool(name string, db *sql.DB) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.pools {
		if p.pools[i].name == name {
			p.pools[i].db = db
			return
		}
	}
	p.pools = append(p.pools, namedPool{name: name, db: db})
}

// Wait begins a wait for a connection of a pool, for programs that distribute the
// connections themselves. The returned function ends it.
func (p *Profiler) Wait(pool string) (end func()) {
	w := &wait{p.now()}
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.pools {
		if one := &p.pools[i]; one.name == pool {
			if one.waits++; one.waiting == nil {
				one.waiting = map[*wait]struct{}{}
			}
			one.waiting[w] = struct{}{}
		}
	}
	return func() { p.endWait(pool, w) }
}

func (p *Profiler) endWait(pool string, w *wait) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.pools {
		one := &p.pools[i]
		if _, ok := one.waiting[w]; ok && one.name == pool {
			delete(one.waiting, w)
			one.waited += p.now() - w.began
		}
	}
}

// waitedUntil returns how long callers have waited, those that still wait included.
func (n *namedPool) waitedUntil(now time.Duration) time.Duration {
	sum := n.waited
	for w := range n.waiting {
		sum += now - w.began
	}
	return sum
}

type functionKey struct{}

// WithFunction sets the name of the function to which the queries of ctx
// belong. The default is the function outside database/sql that was the first
// to send the query.
func WithFunction(ctx context.Context, name string) context.Context {
	return context.WithValue(ctx, functionKey{}, name)
}

package profile

import (
	"context"
	"database/sql"
	"hash/maphash"
	"sync"
	"sync/atomic"
	"time"
)

// What Options leave out.
const (
	defaultSlow       = 100 * time.Millisecond
	defaultStatements = 500
)

// Options of a Profiler. The zero value is fit for use with any database but
// MySQL, which needs its Dialect.
type Options struct {
	// Dialect says how the database writes literals and names.
	Dialect Dialect
	// Slow is the database's own time from which a query is slow; 0 means
	// 100 ms.
	Slow time.Duration
	// Statements is how many statements are told apart until the next Reset;
	// 0 means 500. Each takes about 2.5 KB. Queries of further statements are
	// counted together, in Stats.Other.
	Statements int
	// StatementCache is how many prepared statements each connection keeps
	// for queries that repeat; 0 keeps none.
	//
	// It is worth most where a driver compiles every query anew, as those of
	// SQLite do. For MySQL it saves two of three round trips of a query with
	// arguments. Leave it at 0 for pgx, which has such a cache itself, and
	// behind a pooler that hands one session to several clients.
	StatementCache int
	// Explain gets the plan of a slow query; nil gets none. See ExplainSQLite,
	// ExplainPostgres and ExplainMySQL.
	Explain Explain
	// Correlation finds the ID of the request that a query belongs to, in the
	// query's context; nil, and "", stand for none.
	Correlation func(context.Context) string
	// Error says what is shown of a query's error; nil means SafeError. The
	// messages of many databases quote data.
	Error func(error) string
}

// Profiler measures the queries of all the connections that its connectors
// make. It is safe for concurrent use.
type Profiler struct {
	options Options
	seed    maphash.Seed
	window  atomic.Pointer[window]
	epoch   time.Time // of its clock
	anchor  atomic.Pointer[anchor]
	// schema counts the statements that may change what a plan looks like.
	schema atomic.Uint64

	mu    sync.Mutex
	conns map[*conn]struct{}
	pools []namedPool
}

type namedPool struct {
	name   string
	db     *sql.DB
	waits  int64 // beside those that db counts
	waited time.Duration
}

// New makes a Profiler.
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

// Reset forgets all that was measured. A query that is running now counts for
// the time before.
func (p *Profiler) Reset() { p.window.Store(newWindow(p.options.Statements)) }

// Pool has Stats tell the state of db under the name of its connector. Another
// db under the same name takes the place of the first.
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

// Waited counts a wait for a connection of a pool that ended before the pool was
// asked, for programs that hand its connections out themselves.
func (p *Profiler) Waited(pool string, d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.pools {
		if p.pools[i].name == pool {
			p.pools[i].waits++
			p.pools[i].waited += d
		}
	}
}

type functionKey struct{}

// WithFunction says on whose behalf the queries of ctx run. Without it a query
// belongs to the function outside database/sql that was the first to send it.
func WithFunction(ctx context.Context, name string) context.Context {
	return context.WithValue(ctx, functionKey{}, name)
}

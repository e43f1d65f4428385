package databases

import (
	"context"
	"database/sql"
	"maps"
	"strings"
	"sync"
	"time"
)

const (
	serverEvery = 10 * time.Second
	// serverWait is how long an answer waits for a look that is under way.
	serverWait = 2 * time.Millisecond
)

// postgresWatch looks at a PostgreSQL server when somebody asks and the last
// look is old. No answer waits for the server: what a look finds is for the
// next who asks.
type postgresWatch struct {
	db      *sql.DB // of its own, so that what it asks is not measured
	bounds  *boundedConnector
	explain func(context.Context, error) error
	every   time.Duration
	life    context.Context // of every look
	end     context.CancelFunc
	looking sync.WaitGroup

	mu      sync.Mutex
	working chan struct{} // closed when the look under way is done; nil: there is none
	asked   time.Time     // when the last look began
	resets  int           // a look that began before the last counts for nothing
	first   *look         // nil: the next look will be
	last    *look
	texts   map[int64]statementText
	err     error // of the last look
}

func newPostgresWatch(connector *boundedConnector, explain func(context.Context, error) error) *postgresWatch {
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(1)
	db.SetConnMaxIdleTime(3 * serverEvery)
	w := &postgresWatch{db: db, bounds: connector, explain: explain, every: serverEvery}
	w.life, w.end = context.WithCancel(context.Background())
	return w
}

// stats is what is known, or why nothing is.
func (w *postgresWatch) stats(ctx context.Context) (*ServerStats, string) {
	if done := w.start(); done != nil {
		wait := time.NewTimer(serverWait)
		defer wait.Stop()
		select {
		case <-done:
		case <-wait.C:
		case <-ctx.Done():
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.err != nil:
		return nil, w.err.Error()
	case w.last == nil:
		return nil, "the first look at the server is under way; ask again"
	}
	return w.last.since(w.first, w.texts), ""
}

// start begins a look, unless the last is young or one is under way. The
// answer is nil where there is none to wait for.
func (w *postgresWatch) start() <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.working != nil || w.life.Err() != nil || time.Since(w.asked) < w.every {
		return w.working
	}
	done := make(chan struct{})
	w.working, w.asked = done, time.Now()
	resets := w.resets
	w.looking.Go(func() {
		defer close(done)
		w.look(resets)
	})
	return done
}

func (w *postgresWatch) look(resets int) {
	ctx, cancel := context.WithTimeout(w.life, 2*lookTime)
	defer cancel()
	w.bounds.allow()
	now, err := lookAt(ctx, w.db)
	if err != nil && lost(err) && ctx.Err() == nil {
		now, err = lookAt(ctx, w.db) // perhaps it was only the old connection
	}
	known := map[int64]statementText{}
	if err == nil {
		known, err = w.read(ctx, now)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.working, w.err = nil, w.explain(ctx, err)
	if err != nil || resets != w.resets {
		return // the counters of before stand for the next that succeeds
	}
	if w.first == nil {
		w.first = now
	}
	w.last, w.texts = now, known
}

// lost says whether a connection ended, perhaps with a word of goodbye, rather
// than that the server refused what it was asked.
func lost(err error) bool {
	state := sqlState(err)
	return state == "" || strings.HasPrefix(state, "57P") // the server's operator stops it
}

// read gets the texts of those statements that will be shown, and forgets the
// others.
func (w *postgresWatch) read(ctx context.Context, now *look) (map[int64]statementText, error) {
	w.mu.Lock()
	first, old := w.first, w.texts
	w.mu.Unlock()
	if first == nil {
		return nil, nil
	}
	var missing []int64
	known := map[int64]statementText{}
	for _, id := range now.top(first) {
		if text, ok := old[id]; ok {
			known[id] = text
		} else {
			missing = append(missing, id)
		}
	}
	found, err := texts(ctx, w.db, missing)
	maps.Copy(known, found)
	return known, err
}

// reset begins anew with the next look, which it starts.
func (w *postgresWatch) reset() {
	w.mu.Lock()
	w.first, w.last, w.texts, w.asked = nil, nil, nil, time.Time{}
	w.resets++
	w.mu.Unlock()
	w.start()
}

// Close ends the look under way.
func (w *postgresWatch) Close() error {
	w.end()
	w.looking.Wait()
	return w.db.Close()
}

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
	pollInterval = 10 * time.Second
	// pollWait limits how long stats waits for a snapshot in progress.
	pollWait = 2 * time.Millisecond
)

// postgresPoller takes snapshots of a PostgreSQL server, when statistics are
// requested and the last snapshot is old. Requests do not wait for the server. A
// request gets the latest snapshot, and a later one gets the new snapshot.
type postgresPoller struct {
	db      *sql.DB // separate from the probes' pool, so that these queries are not profiled
	bounds  *boundedConnector
	explain func(context.Context, error) error
	every   time.Duration
	life    context.Context // of every snapshot
	end     context.CancelFunc
	running sync.WaitGroup

	mu         sync.Mutex
	inProgress chan struct{} // closed when the snapshot in progress is done; nil: none
	polled     time.Time     // when the last snapshot began
	resets     int           // number of resets; a snapshot that began before the last reset is discarded
	first      *snapshot     // nil: the next snapshot will be the first
	last       *snapshot
	texts      map[int64]statementText
	err        error // of the last snapshot
}

func newPostgresPoller(connector *boundedConnector, explain func(context.Context, error) error) *postgresPoller {
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(1)
	db.SetConnMaxIdleTime(3 * pollInterval)
	p := &postgresPoller{db: db, bounds: connector, explain: explain, every: pollInterval}
	p.life, p.end = context.WithCancel(context.Background())
	return p
}

// stats returns the latest statistics, or the reason why there are none.
func (p *postgresPoller) stats(ctx context.Context) (*ServerStats, string) {
	if done := p.start(); done != nil {
		wait := time.NewTimer(pollWait)
		defer wait.Stop()
		select {
		case <-done:
		case <-wait.C:
		case <-ctx.Done():
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.err != nil:
		return nil, p.err.Error()
	case p.last == nil:
		return nil, "the first snapshot of the server is in progress; try again"
	}
	return p.last.since(p.first, p.texts), ""
}

// start takes a snapshot in the background, unless the last one is recent or one
// is in progress. It returns a channel that is closed when the snapshot in
// progress is done, or nil.
func (p *postgresPoller) start() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.inProgress != nil || p.life.Err() != nil || time.Since(p.polled) < p.every {
		return p.inProgress
	}
	done := make(chan struct{})
	p.inProgress, p.polled = done, time.Now()
	resets := p.resets
	p.running.Go(func() {
		defer close(done)
		p.poll(resets)
	})
	return done
}

func (p *postgresPoller) poll(resets int) {
	ctx, cancel := context.WithTimeout(p.life, 2*snapshotTimeout)
	defer cancel()
	p.bounds.allow()
	now, err := takeSnapshot(ctx, p.db)
	if err != nil && disconnected(err) && ctx.Err() == nil {
		now, err = takeSnapshot(ctx, p.db) // retry, because the pooled connection may have been stale
	}
	known := map[int64]statementText{}
	if err == nil {
		known, err = p.read(ctx, now)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.inProgress, p.err = nil, p.explain(ctx, err)
	if err != nil || resets != p.resets {
		return // keep the previous counters
	}
	if p.first == nil {
		p.first = now
	}
	p.last, p.texts = now, known
}

// disconnected reports whether an error means that the connection was lost, rather
// than that the server refused a query.
func disconnected(err error) bool {
	state := sqlState(err)
	return state == "" || strings.HasPrefix(state, "57P") // the server is shutting down or starting
}

// read returns the texts of the statements to show. It reuses known texts and
// drops all others.
func (p *postgresPoller) read(ctx context.Context, now *snapshot) (map[int64]statementText, error) {
	p.mu.Lock()
	first, old := p.first, p.texts
	p.mu.Unlock()
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
	found, err := texts(ctx, p.db, missing)
	maps.Copy(known, found)
	return known, err
}

// reset resets the statistics. The next snapshot will be the first.
func (p *postgresPoller) reset() {
	p.mu.Lock()
	p.first, p.last, p.texts, p.polled = nil, nil, nil, time.Time{}
	p.resets++
	p.mu.Unlock()
	p.start()
}

// Close cancels the snapshot in progress and closes the connection.
func (p *postgresPoller) Close() error {
	p.end()
	p.running.Wait()
	return p.db.Close()
}

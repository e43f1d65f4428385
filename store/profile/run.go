package profile

import (
	"context"
	"errors"
	"sync/atomic"
	"time"
)

// maxCorrelation limits the length of a correlation ID in an entry, in bytes.
const maxCorrelation = 128

// run is one use of a query, from start to end.
type run struct {
	text  *text
	began time.Duration // on the profiler's clock

	call    time.Duration // until the driver returned
	first   time.Duration // from the start to the first row, or 0
	next    time.Duration // total of all calls of Next
	held    time.Duration // from the driver's return to Close
	closing time.Duration // in Close

	rows int64 // read or changed
	err  error
	plan string
}

// own returns the database's own time, without the caller's between two rows.
func (r *run) own() time.Duration { return r.call + r.next + r.closing }

// call is a call of the driver in progress, if there is one.
type call struct {
	since atomic.Int64 // now, less the time that the query has taken so far; 0: no call
	text  atomic.Pointer[text]
}

// begin notes a call. Its query would have begun at since, on the profiler's clock, if the
// caller had taken no time between rows.
func (c *call) begin(t *text, since time.Duration) {
	if c.text.Load() != t {
		c.text.Store(t)
	}
	c.since.Store(max(int64(since), 1))
}

func (c *call) end() { c.since.Store(0) }

// read returns the query of the call in progress and how long it has taken.
func (c *call) read(now time.Duration) (*text, time.Duration) {
	since := c.since.Load()
	t := c.text.Load()
	if since == 0 || c.since.Load() != since { // or another began meanwhile
		return nil, 0
	}
	return t, now - time.Duration(since)
}

// update records what the run has changed for later ones.
func (c *conn) update(r *run) {
	if c.cache != nil && (r.text.kind.unsettles() || r.text.session&sessionChanges != 0) {
		c.cache.clear()
	}
	if c.inTx && r.text.kind.unsettles() {
		c.altered = true
	}
	if r.text.session&sessionChanges != 0 {
		c.differs = true
	}
	if r.err != nil {
		return
	}
	if !r.text.proven.Load() {
		r.text.proven.Store(true)
	}
	switch r.text.kind {
	case kindBegin:
		c.begun()
	case kindEnd:
		c.ended()
	case kindSchema:
		c.profiler.schema.Add(1)
	}
}

// record counts a run and adds it to the lists.
func (c *conn) record(ctx context.Context, r *run) {
	p, w := c.profiler, r.text.window
	own := r.own()
	slow := own >= p.options.Slow
	r.text.shape.stats.add(own, r.err != nil, slow)
	if p.options.Observe != nil {
		p.options.Observe(ctx, own)
	}
	w.peaks.add(r.began+r.call+r.held+r.closing, own, r.text)
	e := entry{
		text:        r.text,
		function:    p.function(ctx, r.text),
		correlation: p.correlation(ctx),
		pool:        c.pool,
		began:       p.wall(r.began),
		own:         own,
		first:       r.first,
		held:        r.held,
		next:        r.next,
		rows:        r.rows,
	}
	if r.plan != "" {
		e.notes = &notes{plan: r.plan}
	}
	if r.err != nil {
		e.notes = &notes{err: p.options.Error(r.err), plan: r.plan}
		w.failed.put(&e)
	}
	if slow {
		w.slow.put(&e)
	}
	w.recent.put(&e)
}

func (p *Profiler) function(ctx context.Context, t *text) string {
	if name, ok := ctx.Value(functionKey{}).(string); ok {
		return name
	}
	return t.function
}

func (p *Profiler) correlation(ctx context.Context) string {
	if p.options.Correlation == nil {
		return ""
	}
	id := p.options.Correlation(ctx)
	return id[:min(len(id), maxCorrelation)]
}

// canceled reports whether the caller, not the database, ended the query.
func canceled(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

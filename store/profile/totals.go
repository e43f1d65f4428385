package profile

import (
	"cmp"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Totals counts the queries since the last Reset, and the state of the pools:
// the part of Stats that is cheap enough to read every few seconds.
type Totals struct {
	Since               time.Time
	Total, Failed, Slow int64
	Pools               []Pool
	// SlowestMS is the duration of the first of Slowest, or 0.
	SlowestMS float64
}

// Totals counts without copying queries or statements.
func (p *Profiler) Totals() Totals {
	w := p.window.Load()
	t := Totals{Since: w.since.UTC(), Pools: p.poolStats()}
	for _, s := range p.Slowest(1) {
		t.SlowestMS = s.DurationMS
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	t.add(&w.other.stats)
	for _, shape := range w.shapes {
		t.add(&shape.stats)
	}
	return t
}

func (t *Totals) add(s *stats) {
	for i := range s.buckets {
		t.Total += int64(s.buckets[i].Load())
	}
	t.Failed += s.failed.Load()
	t.Slow += s.slow.Load()
}

const (
	// slowestWindow is the period that Slowest covers, and peakSpan its resolution.
	slowestWindow = 2 * time.Minute
	peakSpan      = 5 * time.Second
)

// Slow is a statement and its slowest query.
type Slow struct {
	Statement, Fingerprint string
	DurationMS             float64 // the database's own time; so far, if Running
	Running                bool
	Slow                   bool // it took, or takes, at least Options.Slow
}

// Slowest returns the statements with the slowest queries that have ended in the last two
// minutes or are in progress, the slowest first, at most n. Of each period of 5 s it
// knows only the slowest query.
func (p *Profiler) Slowest(n int) []Slow {
	now := p.now()
	all := p.window.Load().peaks.since(now-slowestWindow, p.options.Slow)
	p.mu.Lock()
	for c := range p.conns {
		if t, age := c.call.read(now); t != nil {
			all = append(all, Slow{t.statement, t.fingerprint, milliseconds(age), true, age >= p.options.Slow})
		}
	}
	p.mu.Unlock()
	slices.SortStableFunc(all, func(a, b Slow) int { return cmp.Compare(b.DurationMS, a.DurationMS) })
	var slowest []Slow
	for _, s := range all {
		if len(slowest) < n && !slices.ContainsFunc(slowest, func(o Slow) bool { return o.Fingerprint == s.Fingerprint }) {
			slowest = append(slowest, s)
		}
	}
	return slowest
}

// peaks holds the slowest query of each of the last periods of peakSpan.
type peaks [slowestWindow/peakSpan + 1]peak

// peak is the slowest query of one period.
type peak struct {
	own    atomic.Int64 // nanoseconds
	period atomic.Int64 // number of the period, from 1; 0: no query

	mu   sync.Mutex // guards text, and changes of the other fields
	text *text
}

// add counts a query that ended at a time on the profiler's clock.
func (p *peaks) add(ended, own time.Duration, t *text) {
	period := int64(ended/peakSpan) + 1
	at := &p[period%int64(len(p))]
	if at.period.Load() == period && int64(own) <= at.own.Load() {
		return
	}
	at.mu.Lock()
	defer at.mu.Unlock()
	if last := at.period.Load(); period > last || period == last && int64(own) > at.own.Load() {
		at.own.Store(int64(own))
		at.period.Store(period)
		at.text = t
	}
}

// since returns the peaks of the periods that end after a time on the profiler's clock.
// Queries that took at least slow are marked as such.
func (p *peaks) since(from, slow time.Duration) []Slow {
	var all []Slow
	for i := range p {
		at := &p[i]
		at.mu.Lock()
		own := time.Duration(at.own.Load())
		if period := at.period.Load(); period > 0 && time.Duration(period)*peakSpan > from {
			all = append(all, Slow{at.text.statement, at.text.fingerprint, milliseconds(own), false, own >= slow})
		}
		at.mu.Unlock()
	}
	return all
}

package measure

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"vega/daemon/config/telemetry"
	"vega/policies/check"
)

const (
	// kept is how many intervals the last value stays without a new one.
	kept = 3
	// soon limits how long the first query of a block waits.
	soon = 10 * time.Second
	// together is how many queries run at the same time on one database. The others of
	// vega's connections to it are for checks.
	together = 2
)

// Options configures New.
type Options struct {
	Log *slog.Logger
	// Query runs a query that reads. Its errors contain neither secrets nor data.
	Query func(ctx context.Context, database, query string) (Rows, error)
	// Contention, if not nil, begins to measure how long vega is kept from running. The
	// function that it returns ends that.
	Contention func() func() check.Contention
	// Record, if not nil, gets the samples of queries that succeeded, for the history. It is
	// called by one goroutine at a time, in order, and may wait for the store.
	Record func(ctx context.Context, all []Sample) error
	// Ended, if not nil, gets the outcome of each query, and the samples if it succeeded. It
	// must not wait.
	Ended func(o Status, all []Sample)
}

// Set runs the queries of all blocks.
type Set struct {
	options  Options
	recorder *recorder
	changed  chan struct{} // has one element after Configure
	running  sync.WaitGroup

	mu     sync.Mutex // guards the fields below
	hide   func(string) string
	blocks map[string]*block
	places map[string]chan struct{} // by database; an element for each query that runs
}

// block is a metric block with its last outcome. The mutex of its Set guards it.
type block struct {
	telemetry.Measure
	next   time.Time
	cancel context.CancelFunc // ends the query; nil if none runs
	gone   bool               // the configuration no longer has it

	state   State
	reason  string
	lastRun time.Time
	took    time.Duration
	samples []Sample // of the last query that succeeded
	at      time.Time

	logged string // the reason that was logged last
}

// New returns a Set without blocks.
func New(o Options) *Set {
	if o.Contention == nil {
		o.Contention = func() func() check.Contention { return func() (none check.Contention) { return none } }
	}
	return &Set{
		options: o, recorder: newRecorder(o.Log, o.Record), changed: make(chan struct{}, 1), hide: func(s string) string { return s },
		blocks: map[string]*block{}, places: map[string]chan struct{}{},
	}
}

// Configure replaces the blocks. A block whose query, columns and database are the same
// keeps its values, and its next run if the interval is the same. The values of all others
// go, and their queries end. hide removes secrets from labels.
func (s *Set) Configure(all []telemetry.Measure, hide func(string) string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	s.hide = hide
	before := s.blocks
	s.blocks = make(map[string]*block, len(all))
	for _, m := range all {
		b := before[m.Name]
		if b == nil || !b.measures(m) {
			b = &block{state: Unknown, reason: "it has not run yet"}
		} else {
			delete(before, m.Name)
		}
		if b.Interval != m.Interval {
			b.next = first(now, m)
		}
		b.Measure = m
		s.blocks[m.Name] = b
	}
	for _, b := range before {
		b.gone = true
		if b.cancel != nil {
			b.cancel()
		}
	}
	select {
	case s.changed <- struct{}{}:
	default:
	}
}

// measures reports whether the values of b are those of m.
func (b *block) measures(m telemetry.Measure) bool {
	return b.Database == m.Database && b.Query == m.Query && b.Value == m.Value && slices.Equal(b.Labels, m.Labels)
}

// first returns when a new block runs for the first time: soon, but not all at once.
func first(now time.Time, m telemetry.Measure) time.Time {
	early := now.Add(part(m.Name, min(m.Interval, soon)))
	if next := after(now, m); next.Before(early) {
		return next
	}
	return early
}

// after returns the first time later than now at which a block runs. It depends on the name
// and the wall clock only, so restarts and reloads do not move it.
func after(now time.Time, m telemetry.Measure) time.Time {
	wait := part(m.Name, m.Interval) - now.Sub(now.Truncate(m.Interval))
	if wait <= 0 {
		wait += m.Interval
	}
	return now.Add(wait)
}

// part returns a part of a duration that depends on the name only.
func part(name string, of time.Duration) time.Duration {
	sum := sha256.Sum256([]byte(name))
	return time.Duration(binary.BigEndian.Uint64(sum[:]) % uint64(max(of, 1)))
}

// fresh reports whether something of time at is not too old. A query may take longer than
// its interval, which it then runs at instead.
func (b *block) fresh(now, at time.Time) bool {
	return now.Sub(at) <= kept*max(b.Interval, b.Timeout)
}

// Samples returns the values of all blocks, in order of name and labels. Those of a block
// that has had no new ones for three intervals are left out.
func (s *Set) Samples() []Sample {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	var all []Sample
	for _, name := range slices.Sorted(maps.Keys(s.blocks)) {
		if b := s.blocks[name]; b.fresh(now, b.at) {
			all = append(all, b.samples...)
		}
	}
	return all
}

// Series returns the values of one block. If it has none, reason says why; a query without
// rows is no reason. ok is false if there is no such block.
func (s *Set) Series(name string) (all []Sample, reason string, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.blocks[name]
	if b == nil {
		return nil, "", false
	}
	now := time.Now()
	if !b.at.IsZero() && b.fresh(now, b.at) {
		return slices.Clone(b.samples), "", true
	}
	_, reason = b.current(now)
	return nil, cmp.Or(reason, "its last value is too old"), true
}

// current returns the state and its reason. An outcome is no longer true after three
// intervals.
func (b *block) current(now time.Time) (State, string) {
	if !b.lastRun.IsZero() && !b.fresh(now, b.lastRun) {
		return Unknown, "vega has not queried it for three intervals"
	}
	return b.state, b.reason
}

// Status returns the outcome of each block, in order of name.
func (s *Set) Status() []Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	all := make([]Status, 0, len(s.blocks))
	for _, name := range slices.Sorted(maps.Keys(s.blocks)) {
		all = append(all, s.blocks[name].status(now))
	}
	return all
}

func (b *block) status(now time.Time) Status {
	o := Status{
		Name: b.Name, Database: b.Database, Help: b.Help, Interval: b.Interval,
		LastRun: b.lastRun, Took: b.took, NextRun: b.next,
	}
	o.State, o.Reason = b.current(now)
	if b.fresh(now, b.at) {
		o.Series = len(b.samples)
	}
	return o
}

package engine

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"

	"vega/plugins/sockets"
	"vega/plugins/span"
	"vega/policies/check"
)

// ErrClosing is returned for a request that arrives while vega is shutting down.
var ErrClosing = errors.New("vega is shutting down")

// Options configures an Engine.
type Options struct {
	Log *slog.Logger
	// Life is the context of every run. Runs in flight are cut off when it ends.
	Life context.Context
	// MaxRunning limits how many integrations run concurrently.
	MaxRunning int
	// Sockets is the pool from which each run gets SocketsPerRun sockets.
	Sockets *sockets.Pool
	// Contention starts to measure how much the host slows this process down. The
	// function that it returns ends the measurement.
	Contention func() func() check.Contention
	// Tracer begins the spans of runs that no request caused; nil: such runs have none.
	Tracer span.Tracer
	// Durable records every run before its outcome is visible anywhere else. It
	// receives the runs of an integration in the order in which they end.
	Durable Sink
	// BestEffort lists sinks that record every run that fits in their queue.
	BestEffort []NamedSink
}

// SocketsPerRun is how many sockets a run needs to start. Two are enough to try two
// addresses of its target in parallel, or to send the two queries of a DNS lookup.
const SocketsPerRun = 2

// Engine runs integrations. It is safe for concurrent use.
type Engine struct {
	options Options
	places  places
	sinks   *sinks
	agenda  agenda        // of heartbeats
	halt    chan struct{} // closed by Drain
	changed chan struct{} // wakes the scheduler
	soon    soon
	once    atomic.Int32 // runs of Once

	mu       sync.RWMutex // guards the fields below; write-locked only to swap them
	now      *roster
	limit    int // of file descriptors; 0: no limit
	memory   memory
	draining bool
	flights  sync.WaitGroup // grows only under mu while not draining
}

// memory is the number of places for runs that fit into memory.
type memory struct {
	places int
	limit  string // the limit on memory that determines it, for messages
}

// New returns an engine without bindings.
func New(o Options) *Engine {
	e := &Engine{
		options: o,
		places:  places{size: max(1, o.MaxRunning)},
		memory:  memory{places: o.MaxRunning},
		sinks:   newSinks(o.Log, o.Durable, o.BestEffort),
		agenda:  agenda{changed: make(chan struct{}, 1)},
		halt:    make(chan struct{}),
		changed: make(chan struct{}, 1),
		soon:    soon{changed: make(chan struct{}, 1)},
		now:     &roster{},
	}
	if o.Life != nil {
		context.AfterFunc(o.Life, e.places.close)
	}
	return e
}

// Share sets how many file descriptors all runs together may use. limit is the
// limit of the process; 0 means unlimited.
func (e *Engine) Share(descriptors, limit int) {
	e.options.Sockets.Resize(descriptors)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.limit = limit
	e.places.resize(e.size())
}

// Fit sets how many runs fit into memory at the same time. limit describes the
// limit that determines the number, for messages.
func (e *Engine) Fit(places int, limit string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.memory = memory{max(1, places), limit}
	e.places.resize(e.size())
}

// Places returns how many runs can be in progress, and how many are.
func (e *Engine) Places() Places { return e.places.report() }

// Bind replaces all bindings atomically and returns the difference. Integrations
// that did not change keep their state and their phase. The bindings must be sorted
// by name.
func (e *Engine) Bind(all []*Binding) Diff {
	equal := e.compare(all) // without holding e.mu, for which every tick and every run wait
	e.mu.Lock()
	next, diff := e.now.reconcile(all, equal)
	e.now = next
	e.mu.Unlock()
	beats{e}.schedule()
	select {
	case e.changed <- struct{}{}:
	default: // the scheduler has a wakeup pending
	}
	return diff
}

// compare returns the current binding of each integration that all would not change, and
// nil for the others.
func (e *Engine) compare(all []*Binding) []*Binding {
	e.mu.RLock()
	now := e.now
	e.mu.RUnlock()
	equal := make([]*Binding, len(all))
	for n, b := range all {
		if i := now.find(b.Name); i != nil {
			if bound, _ := i.current(); bound.same(b) {
				equal[n] = bound
			}
		}
	}
	return equal
}

// Drain stops starting runs. Those in flight continue.
func (e *Engine) Drain() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.draining {
		e.draining = true
		close(e.halt)
	}
}

// Draining returns a channel that is closed by Drain.
func (e *Engine) Draining() <-chan struct{} { return e.halt }

// InFlight returns the names of the integrations that are running.
func (e *Engine) InFlight() []string {
	e.mu.RLock()
	defer e.mu.RUnlock()
	var names []string
	for _, i := range slices.Concat(e.now.integrations, e.now.draining) {
		if i.running() {
			names = append(names, i.name)
		}
	}
	return names
}

// Wait waits until no run is in flight. Call Drain first.
func (e *Engine) Wait() {
	e.flights.Wait()
	beats{e}.catchUpAll()
}

// Close waits until every sink has recorded the runs in its queue, then stops the
// sinks. Call Wait first.
func (e *Engine) Close() { e.sinks.close() }

package engine

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"

	"vega/plugins/sockets"
	"vega/policies/check"
)

// ErrClosing is the error of a request that comes while vega is shutting down.
var ErrClosing = errors.New("vega is shutting down")

// Options configures an Engine.
type Options struct {
	Log *slog.Logger
	// Life is the context of every run. Runs in flight are cut off when it ends.
	Life context.Context
	// MaxRunning is how many integrations run at once.
	MaxRunning int
	// Sockets is shared out among the runs, SocketsPerRun to each.
	Sockets *sockets.Pool
	// Contention starts to measure what the host keeps from this process; the
	// function that it returns ends that.
	Contention func() func() check.Contention
	// Durable takes every run, in the order in which the runs of an integration
	// end, before its outcome is known to anybody else.
	Durable Sink
	// BestEffort take every run that their queue has room for.
	BestEffort []NamedSink
}

// SocketsPerRun is how many sockets a run is admitted with: for two addresses of
// its target that are tried next to one another, or the two questions of a
// lookup.
const SocketsPerRun = 2

// Engine runs integrations. It is safe for concurrent use.
type Engine struct {
	options Options
	slots   chan struct{} // one element for each guest that runs
	sinks   *sinks
	halt    chan struct{} // closed by Drain
	changed chan struct{} // wakes the scheduler

	mu       sync.RWMutex // guards what follows; write-locked only to swap
	now      *roster
	limit    int // of file descriptors, for messages; 0: there is none
	draining bool
	flights  sync.WaitGroup // grows only under mu while not draining
}

// New returns an engine with nothing to run.
func New(o Options) *Engine {
	return &Engine{
		options: o,
		slots:   make(chan struct{}, o.MaxRunning),
		sinks:   newSinks(o.Log, o.Durable, o.BestEffort),
		halt:    make(chan struct{}),
		changed: make(chan struct{}, 1),
		now:     &roster{},
	}
}

// Share sets how many file descriptors runs may have open together, of a limit
// of the process; 0 means that the system sets none.
func (e *Engine) Share(descriptors, limit int) {
	e.mu.Lock()
	e.limit = limit
	e.mu.Unlock()
	e.options.Sockets.Resize(descriptors)
}

// Bind replaces what there is to run, all of it at once, and returns what that
// changed. Integrations that did not change keep their state and their phase.
// The bindings are in order of name.
func (e *Engine) Bind(all []*Binding) Diff {
	e.mu.Lock()
	next, diff := e.now.reconcile(all)
	e.now = next
	e.mu.Unlock()
	select {
	case e.changed <- struct{}{}:
	default: // the scheduler is about to look anyway
	}
	return diff
}

// Drain starts no more runs. Those in flight go on.
func (e *Engine) Drain() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.draining {
		e.draining = true
		close(e.halt)
	}
}

// Draining returns a channel that Drain closes.
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

// Wait returns once no run is in flight. Call Drain before.
func (e *Engine) Wait() { e.flights.Wait() }

// Close returns once every sink has taken what was recorded. Call Wait before.
func (e *Engine) Close() { e.sinks.close() }

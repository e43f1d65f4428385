package engine

import (
	"context"
	"reflect"
	"sync"
	"time"

	"vega/daemon/heartbeat"
	"vega/plugins"
	"vega/plugins/grant"
	"vega/plugins/manifest"
	"vega/plugins/transport"
)

// Binding is everything that a run of an integration needs: a probe, its parameters,
// and its grants. A Binding is immutable; a reload or a new module creates another.
type Binding struct {
	Name string
	Annotations
	Plugin   string
	Probe    string
	Digest   string // SHA-256 of the plugin, in hex
	Enabled  bool
	Disabled string        // why the integration is disabled; "" if it is enabled
	Interval time.Duration // 0: run only on request
	Timeout  time.Duration
	Memory   manifest.Size // cap on the guest's memory
	Values   manifest.Values
	Grants   grant.Set
	// Transport is how the host connects; nil means the usual way.
	Transport *transport.Options

	DependsOn []string // names of integrations; has no cycles
	Position  string   // file:line of the integration's block

	Module    Module    // nil if none is in service
	Reason    string    // why Module is nil
	Databases Databases // the databases that the probe may query

	// Heartbeat says when the job of a heartbeat pushes. No module runs for it, and
	// Interval is 0. Nil: the probe runs.
	Heartbeat *heartbeat.Settings
}

// Module is a loaded plugin. It stays open until each Retain is matched by a
// Release.
type Module interface {
	Run(ctx context.Context, in plugins.Input) plugins.Result
	Retain()
	Release() error
}

// Databases runs the queries of a binding. It stays open until each Retain is
// matched by a Release.
type Databases interface {
	plugins.Databases
	Retain()
	Release() error
	// Same reports whether both hold the same databases with the same
	// connections.
	Same(o plugins.Databases) bool
}

// same reports whether both bindings run the same check. It ignores the position in
// the file, the annotations and the dependencies.
func (b *Binding) same(o *Binding) bool {
	if b.Module != o.Module || !b.Databases.Same(o.Databases) || !b.Heartbeat.Same(o.Heartbeat) {
		return false
	}
	x, y := *b, *o
	for _, c := range []*Binding{&x, &y} {
		c.Position, c.Annotations, c.DependsOn, c.Module, c.Databases, c.Heartbeat = "", Annotations{}, nil, nil, nil, nil
	}
	return reflect.DeepEqual(x, y)
}

// probe returns the name of the probe, as plugin.probe.
func (b *Binding) probe() string { return b.Plugin + "." + b.Probe }

// bindingKey is the context key of a run's binding.
type bindingKey struct{}

// Queries implements the sql capability with the databases that a run was started
// with, so that a reload does not affect a run in progress.
type Queries struct{}

// Query queries a database for the run that ctx belongs to.
func (Queries) Query(ctx context.Context, database, query string) (plugins.Rows, error) {
	return ctx.Value(bindingKey{}).(*Binding).Databases.Query(ctx, database, query)
}

// integration is the state of one integration. It survives reloads, so an
// integration keeps its last report and never has two runs at the same time.
type integration struct {
	name  string
	phase phase // used only by the scheduler's goroutine
	first first // used only by the scheduler's goroutine

	mu      sync.Mutex
	bound   *Binding
	flight  *flight // the run in progress; nil: none
	last    *Report // of the latest run under bound; a later one replaces it
	stored  *Report // of an earlier run, until there is a last one; see stored.go
	encoded *encoded
	beat    *beat     // nil: it never was a heartbeat
	lane    lane      // how the last run ended
	cuts    int       // runs in a row that were cut off with little time
	turn    time.Time // when a run last had nearly all of its timeout
	began   time.Time // when the last run began, or the one in progress
	asked   time.Time // when a run last began because a dependent asked for it
	// position is the file:line of the integration's block in the current
	// configuration, and annotations are those in it.
	position    string
	annotations Annotations
}

// bind makes the next run use b, and reports whether b differs from the current
// binding. If it does, the last report becomes the stored one. equal is a binding that is
// known to be the same as b, or nil.
func (i *integration) bind(b, equal *Binding) (changed bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.position, i.annotations = b.Position, b.Annotations
	if i.bound != nil && (i.bound == equal || i.bound.same(b)) {
		return false
	}
	if i.last != nil {
		i.keep(*i.last)
	}
	if i.stored != nil && i.stored.Probe != b.probe() {
		i.stored = nil // it says nothing about the new check
	}
	old, last := i.bound, i.last
	i.bound, i.last, i.lane, i.cuts = b, nil, untried, 0
	i.bindHeartbeat(old, last)
	return true
}

// waiter returns what a run that has just begun needs to get a place.
func (i *integration) waiter(began time.Time, timeout time.Duration) *waiter {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.began = began
	return &waiter{lane: i.lane, began: began, deadline: began.Add(timeout), turn: i.turn}
}

// maxCuts is how many runs in a row may be cut off shortly after they got a place,
// until their target counts as one that hangs.
const maxCuts = 3

// ended records whether a run that had a place lasted until its deadline. If it had
// the place only for a small part of its timeout, that alone proves nothing.
func (i *integration) ended(w *waiter) {
	i.mu.Lock()
	defer i.mu.Unlock()
	now, left := time.Now(), w.deadline.Sub(w.admitted)
	switch cut := now.Sub(w.admitted) >= left-left/10; {
	case !cut:
		i.lane, i.cuts = quick, 0
	case left >= w.deadline.Sub(w.began)/4 || i.cuts+1 >= maxCuts:
		i.lane = slow
	default:
		i.cuts++
	}
	if w.fresh(w.admitted) {
		i.turn = now
	}
}

// running reports whether a run is in flight.
func (i *integration) running() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.flight != nil
}

// latest returns the last report if it is no older than maxAge.
func (i *integration) latest(maxAge time.Duration) (*Report, bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.last == nil || time.Since(*i.last.CheckedAt) > maxAge {
		return nil, false
	}
	return i.last, true
}

// current returns the binding and the last report, which is nil before the first
// run.
func (i *integration) current() (*Binding, *Report) {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.bound, i.last
}

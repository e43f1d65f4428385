package engine

import (
	"context"
	"reflect"
	"sync"
	"time"

	"vega/plugins"
	"vega/plugins/grant"
	"vega/plugins/manifest"
)

// Binding is everything that a run of an integration needs: a probe, its
// parameters, and its grants. A Binding is immutable; a reload or another module
// creates a new one.
type Binding struct {
	Name     string
	Plugin   string
	Probe    string
	Digest   string // of the plugin: hex SHA-256
	Enabled  bool
	Disabled string        // why it is not enabled
	Interval time.Duration // 0: only on request
	Timeout  time.Duration
	Memory   manifest.Size // cap on the guest's memory
	Values   manifest.Values
	Grants   grant.Set

	DependsOn []string // integrations, without cycles
	Position  string   // file:line of its block

	Module    Module    // nil if none is in service
	Reason    string    // why Module is nil
	Databases Databases // those that it may query
}

// Module is a loaded plugin. It stays open until every Retain has its Release.
type Module interface {
	Run(ctx context.Context, in plugins.Input) plugins.Result
	Retain()
	Release() error
}

// Databases runs the queries of a binding. It stays open until every Retain has
// its Release.
type Databases interface {
	plugins.Databases
	Retain()
	Release() error
	// Same reports whether both hold the same databases with the same
	// connections.
	Same(o plugins.Databases) bool
}

// same reports whether a run of either binding would be the same. It ignores the
// position in the file and the dependencies.
func (b *Binding) same(o *Binding) bool {
	if b.Module != o.Module || !b.Databases.Same(o.Databases) {
		return false
	}
	x, y := *b, *o
	for _, c := range []*Binding{&x, &y} {
		c.Position, c.DependsOn, c.Module, c.Databases = "", nil, nil, nil
	}
	return reflect.DeepEqual(x, y)
}

// bindingKey is the key of a run's binding in its context.
type bindingKey struct{}

// Queries implements the sql capability with the databases that a run was started
// with, so that a reload does not affect a run in progress.
type Queries struct{}

// Query queries a database for the run that ctx belongs to.
func (Queries) Query(ctx context.Context, database, query string) (plugins.Rows, error) {
	return ctx.Value(bindingKey{}).(*Binding).Databases.Query(ctx, database, query)
}

// integration is the state of one integration. It survives reloads, so that an
// integration keeps its last report and never runs twice at once.
type integration struct {
	name  string
	phase phase // used only by the scheduler's goroutine

	mu       sync.Mutex
	bound    *Binding
	position string  // file:line of its block in the configuration in force
	flight   *flight // the run in progress; nil: none
	last     *Report // of the latest run under bound
}

// bind makes the next run use b, and reports whether b differs from the current
// binding. If it does not, the last report stays.
func (i *integration) bind(b *Binding) (changed bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.position = b.Position
	if i.bound != nil && i.bound.same(b) {
		return false
	}
	i.bound, i.last = b, nil
	return true
}

// running reports whether a run is in flight.
func (i *integration) running() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.flight != nil
}

// latest returns the last report if it is no older than maxAge.
func (i *integration) latest(maxAge time.Duration) (Report, bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.last == nil || time.Since(*i.last.CheckedAt) > maxAge {
		return Report{}, false
	}
	return *i.last, true
}

// current returns the binding and the last report, which is nil before the first
// run.
func (i *integration) current() (*Binding, *Report) {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.bound, i.last
}

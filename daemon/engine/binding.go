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

// Binding is an integration as it is to run: a probe, what it is called with, and
// what it may use. It never changes; a reload or another module brings a new one.
type Binding struct {
	Name     string
	Plugin   string
	Probe    string
	Digest   string // of the plugin: hex SHA-256
	Enabled  bool
	Disabled string        // why, where it is not enabled
	Interval time.Duration // 0: only on request
	Timeout  time.Duration
	Memory   manifest.Size // cap on the guest's memory
	Values   manifest.Values
	Grants   grant.Set

	DependsOn []string // integrations, without cycles
	Position  string   // file:line of its block

	Module    Module // nil: none is in service, and Reason says why
	Reason    string
	Databases Databases // that it may query
}

// Module is a plugin that can run. It stays open while it is retained.
type Module interface {
	Run(ctx context.Context, in plugins.Input) plugins.Result
	Retain()
	Release() error
}

// Databases are those that a binding may query. They stay open while they are
// retained.
type Databases interface {
	plugins.Databases
	Retain()
	Release() error
	// Same reports whether both lead to the same databases by the same
	// connections.
	Same(o plugins.Databases) bool
}

// same reports whether a run under either would be the same run. It ignores where
// the block stands in its file, and what the integration depends on.
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

// boundKey is the key of a run's binding in its context.
type boundKey struct{}

// Queries answers the sql capability with the databases that a run was started
// with: a reload in the middle of a run changes nothing for it.
type Queries struct{}

// Query queries a database on behalf of the run whose context ctx is.
func (Queries) Query(ctx context.Context, database, query string) (plugins.Rows, error) {
	return ctx.Value(boundKey{}).(*Binding).Databases.Query(ctx, database, query)
}

// integration is one by name. It outlives reloads, so that its state does, and
// so that it never runs twice at once.
type integration struct {
	name  string
	place place // the scheduler's alone

	mu       sync.Mutex
	bound    *Binding
	position string  // file:line of its block in the configuration in force
	flight   *flight // the run in progress, nil if there is none
	last     *Report // of the latest run under bound
}

// bind makes the next run use b, and reports whether that is a change. If it is
// none, the last report stays.
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

// known returns the binding and the last report, nil if there was no run.
func (i *integration) known() (*Binding, *Report) {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.bound, i.last
}

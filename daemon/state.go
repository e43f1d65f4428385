package daemon

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"vega/daemon/config"
	"vega/daemon/databases"
	"vega/plugins/manifest"
	"vega/policies"
)

// state is a configuration in force, with its modules and databases. It is
// replaced as a whole; only what an integration holds of its own runs changes
// within.
type state struct {
	cfg          *config.Config
	inputs       config.Inputs // what cfg was read from
	since        time.Time     // when that came into force
	plugins      []plugin
	owners       manifest.Owners // of plugins' names
	databases    *databases.Set
	thresholds   *policies.Thresholds
	integrations []*integration // in order of name, as cfg's
	depends      [][]int        // what each of them depends on; nil if none does
	departed     []*integration // no longer configured, but still running
}

// integration is one by name. It outlives reloads, so that its state does, and
// so that it never runs twice at once.
type integration struct {
	name  string
	place place // the scheduler's alone

	mu       sync.Mutex
	bound    *binding
	position string  // file:line of its block in the configuration in force
	flight   *flight // the run in progress, nil if none
	last     *Report // of the latest run under bound
}

// binding is what a run needs to know. It never changes: a reload or another
// module brings a new one.
type binding struct {
	config.Integration
	module    *module // nil: there is none, and reason says why
	reason    string
	databases *databases.Set // those that it may query
}

// install puts next in force, all of it at once, and says what became of each
// integration. On an error nothing changed. The caller holds d.change, or is
// Open.
func (d *Daemon) install(next *state) (turnover, error) {
	if next.cfg != d.now.cfg && d.options.Apply != nil {
		if err := d.options.Apply(next.cfg); err != nil {
			return turnover{}, err
		}
	}
	if d.sandbox != nil {
		d.sandbox.SetHostMemory(next.cfg.Sandbox.HostMemory)
	}
	if s, err := d.divide(next.cfg); err == nil {
		d.checks.Resize(s.checks)
	}
	retainAll(next.plugins)
	next.databases.Retain()
	d.mu.Lock()
	old := d.now
	next.depends = dependencies(next.cfg.Integrations)
	next.thresholds = policies.NewThresholds(next.cfg.Thresholds, old.thresholds)
	t := next.succeed(old)
	if next.owners == nil {
		next.owners = old.owners
	}
	next.owners = next.serve(next.owners)
	d.now = next
	d.mu.Unlock()

	d.keepOwners(old.owners, next.owners)
	d.tellRefused(context.Background(), next.plugins)

	if err := errors.Join(releaseAll(old.plugins), old.databases.Release()); err != nil {
		d.log.Warn("a module or database did not close", "err", err)
	}
	select {
	case d.changed <- struct{}{}:
	default: // the scheduler is about to look anyway
	}
	return t, nil
}

// turnover is what became of the integrations, by name in order, when a state
// took the place of another.
type turnover struct {
	added, changed, removed []string
	kept                    int
}

// succeed takes over the integrations of the state before, and binds them anew.
func (s *state) succeed(old *state) turnover {
	var t turnover
	s.integrations = make([]*integration, len(s.cfg.Integrations))
	for n, c := range s.cfg.Integrations {
		i := old.find(c.Name)
		known := i != nil
		if i == nil {
			i = old.comeBack(c.Name)
		}
		s.integrations[n] = i
		switch changed := i.bind(s.binding(c)); {
		case !known:
			t.added = append(t.added, c.Name)
		case changed:
			t.changed = append(t.changed, c.Name)
		default:
			t.kept++
		}
	}
	for _, i := range old.integrations {
		if s.find(i.name) == nil {
			t.removed = append(t.removed, i.name)
			s.departed = append(s.departed, i)
		}
	}
	s.departed = slices.DeleteFunc(append(s.departed, old.departed...), func(i *integration) bool {
		return s.find(i.name) != nil || !i.flying()
	})
	return t
}

// comeBack is an integration that is configured anew: the one that left, if it
// is still running, else a new one.
func (s *state) comeBack(name string) *integration {
	for _, i := range s.departed {
		if i.name == name {
			return i
		}
	}
	return &integration{name: name}
}

// bind makes the next run use b, and reports whether that is a change. What is
// known of the integration stays if nothing about it changed.
func (i *integration) bind(b *binding) (changed bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.position = b.Position
	if i.bound != nil && i.bound.same(b) {
		return false
	}
	i.bound, i.last = b, nil
	return true
}

// flying reports whether a run is in progress.
func (i *integration) flying() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.flight != nil
}

// same reports whether a run under either would be the same run. Where the
// block stands in its file is no matter, nor what it depends on.
func (b *binding) same(o *binding) bool {
	x, y := b.Integration, o.Integration
	x.Position, y.Position = "", ""
	x.DependsOn, y.DependsOn = nil, nil
	return b.module == o.module && b.reason == o.reason &&
		b.databases.Same(o.databases) && reflect.DeepEqual(x, y)
}

func (s *state) binding(c config.Integration) *binding {
	b := &binding{Integration: c, databases: s.databases.Granted(c.Grants, !c.Bundled)}
	switch p := s.plugin(c.Plugin); {
	case p == nil:
		b.reason = fmt.Sprintf("the plugin %q is not there: put its .wasm into %s", c.Plugin, s.cfg.Plugins.Dir)
	case p.module == nil:
		b.reason = fmt.Sprintf("the plugin %q is %s: %s", c.Plugin, p.state, p.reason)
	default:
		b.module = p.module
	}
	return b
}

func (s *state) find(name string) *integration {
	if n := s.number(name); n >= 0 {
		return s.integrations[n]
	}
	return nil
}

// number is the place of an integration in order of name, -1 if it is not there.
func (s *state) number(name string) int {
	n, ok := slices.BinarySearchFunc(s.integrations, name, func(i *integration, name string) int {
		return strings.Compare(i.name, name)
	})
	if !ok {
		return -1
	}
	return n
}

// outcome is the state in a few words, for the start.
func (s *state) outcome() string {
	disabled := 0
	for _, c := range s.cfg.Integrations {
		if !c.Enabled {
			disabled++
		}
	}
	if disabled == 0 {
		return fmt.Sprintf("%d enabled", len(s.cfg.Integrations))
	}
	return fmt.Sprintf("%d enabled, %d disabled", len(s.cfg.Integrations)-disabled, disabled)
}

package daemon

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"

	"vega/daemon/config"
)

// state is a configuration in force, with its modules. It is replaced as a
// whole; only what an integration holds of its own runs changes within.
type state struct {
	cfg          *config.Config
	plugins      []plugin
	integrations []*integration // in order of name, as cfg's
	depends      [][]int        // what each of them depends on; nil if none does
}

// integration is one by name. It outlives reloads, so that its state does, and
// so that it never runs twice at once.
type integration struct {
	name  string
	place place // the scheduler's alone

	mu     sync.Mutex
	bound  *binding
	flight *flight // the run in progress, nil if none
	last   *Report // of the latest run under bound
}

// binding is what a run needs to know. It never changes: a reload or another
// module brings a new one.
type binding struct {
	config.Integration
	module *module // nil: there is none, and reason says why
	reason string
}

// install puts next in force, all of it at once. The caller holds d.change, or
// is Open.
func (d *Daemon) install(next *state) {
	retainAll(next.plugins)
	d.mu.Lock()
	old := d.now
	next.depends = dependencies(next.cfg.Integrations)
	next.integrations = make([]*integration, len(next.cfg.Integrations))
	for n, c := range next.cfg.Integrations {
		i := old.find(c.Name)
		if i == nil {
			i = &integration{name: c.Name}
		}
		i.bind(next.binding(c))
		next.integrations[n] = i
	}
	d.now = next
	d.mu.Unlock()

	if err := releaseAll(old.plugins); err != nil {
		d.log.Warn("a module did not close", "err", err)
	}
	if d.options.Applied != nil {
		d.options.Applied(next.cfg)
	}
	select {
	case d.changed <- struct{}{}:
	default: // the scheduler is about to look anyway
	}
}

// bind makes the next run use b. What is known of the integration stays if
// nothing about it changed.
func (i *integration) bind(b *binding) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.bound != nil && i.bound.same(b) {
		return
	}
	i.bound, i.last = b, nil
}

// same reports whether a run under either would be the same run. Where the
// block stands in its file is no matter, nor what it depends on.
func (b *binding) same(o *binding) bool {
	x, y := b.Integration, o.Integration
	x.Position, y.Position = "", ""
	x.DependsOn, y.DependsOn = nil, nil
	return b.module == o.module && b.reason == o.reason && reflect.DeepEqual(x, y)
}

func (s *state) binding(c config.Integration) *binding {
	p := s.plugin(c.Plugin)
	switch {
	case p == nil:
		return &binding{Integration: c, reason: fmt.Sprintf("the plugin %q is not there: put its .wasm into %s", c.Plugin, s.cfg.Plugins.Dir)}
	case p.module == nil:
		return &binding{Integration: c, reason: fmt.Sprintf("the plugin %q is %s: %s", c.Plugin, p.state, p.reason)}
	default:
		return &binding{Integration: c, module: p.module}
	}
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

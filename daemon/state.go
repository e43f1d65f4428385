package daemon

import (
	"context"
	"errors"
	"fmt"
	"time"

	"vega/daemon/config"
	"vega/daemon/databases"
	"vega/daemon/engine"
	"vega/plugins/manifest"
	"vega/policies"
)

// state is a configuration in force, with its modules and databases. It is replaced
// as a whole and never changed.
type state struct {
	cfg        *config.Config
	inputs     config.Inputs // what cfg was read from
	since      time.Time     // when that came into force
	plugins    []plugin
	owners     manifest.Owners // of plugins' names
	databases  *databases.Set
	thresholds *policies.Thresholds
}

// install puts next in force, all of it at once, and returns what that changed of
// the integrations. On an error nothing changed. The caller holds d.change, or is
// Open.
func (d *Daemon) install(next *state) (engine.Diff, error) {
	if next.cfg != d.now.cfg && d.options.Apply != nil {
		if err := d.options.Apply(next.cfg); err != nil {
			return engine.Diff{}, err
		}
	}
	if d.sandbox != nil {
		d.sandbox.SetHostMemory(next.cfg.Sandbox.HostMemory)
	}
	if s, err := d.descriptors.divide(next.cfg); err == nil {
		d.engine.Share(s.checks, s.limit)
	}
	retainAll(next.plugins)
	next.databases.Retain()
	d.mu.Lock()
	old := d.now
	next.thresholds = policies.NewThresholds(next.cfg.Thresholds, old.thresholds)
	if next.owners == nil {
		next.owners = old.owners
	}
	next.owners = next.serve(next.owners)
	d.now = next
	changed := d.engine.Bind(next.bindings())
	d.mu.Unlock()

	d.keepOwners(old.owners, next.owners)
	d.tellRefused(context.Background(), next.plugins)

	if err := errors.Join(releaseAll(old.plugins), old.databases.Release()); err != nil {
		d.log.Warn("a module or database did not close", "err", err)
	}
	return changed, nil
}

// bindings returns the integrations of the configuration, each with the module and
// the databases that it may use.
func (s *state) bindings() []*engine.Binding {
	all := make([]*engine.Binding, len(s.cfg.Integrations))
	for n, c := range s.cfg.Integrations {
		all[n] = s.binding(c)
	}
	return all
}

func (s *state) binding(c config.Integration) *engine.Binding {
	b := &engine.Binding{
		Name: c.Name, Plugin: c.Plugin, Probe: c.Probe,
		Enabled: c.Enabled, Disabled: c.Disabled, Interval: c.Interval, Timeout: c.Timeout,
		Memory: c.Memory, Values: c.Values, Grants: c.Grants, DependsOn: c.DependsOn, Position: c.Position,
		Databases: s.databases.Granted(c.Grants, !c.Bundled),
	}
	switch p := s.plugin(c.Plugin); {
	case p == nil:
		b.Reason = fmt.Sprintf("the plugin %q is not there: put its .wasm into %s", c.Plugin, s.cfg.Plugins.Dir)
	case p.module == nil:
		b.Reason = fmt.Sprintf("the plugin %q is %s: %s", c.Plugin, p.state, p.reason)
	default:
		b.Module, b.Digest = p.module, p.module.Digest
	}
	return b
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

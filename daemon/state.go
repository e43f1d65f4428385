package daemon

import (
	"context"
	"errors"
	"fmt"
	"time"

	"vega/daemon/alerting"
	"vega/daemon/catalog"
	"vega/daemon/config"
	"vega/daemon/config/diag"
	"vega/daemon/config/input"
	"vega/daemon/databases"
	"vega/daemon/engine"
	"vega/policies"
)

// state is the current configuration with its modules and databases. A state is
// immutable and is replaced as a whole.
type state struct {
	*catalog.Set
	inputs     input.Summary // the files that the configuration was read from
	since      time.Time     // when this state was installed
	databases  *databases.Set
	thresholds *policies.Thresholds
	hide       func(text string) string // removes the secrets of this configuration and the one before
}

// install makes next the current state and returns how the integrations changed. On
// an error nothing changes. The caller holds d.change, or is Open.
func (d *Daemon) install(next *state) (engine.Diff, error) {
	changes := next.Config != d.now.Config
	var setup alerting.Setup
	if changes && d.alerts != nil {
		var err error
		if setup, err = d.setup(next); err != nil {
			return engine.Diff{}, err
		}
	}
	if changes && d.options.Apply != nil {
		if err := d.options.Apply(next.Config); err != nil {
			return engine.Diff{}, err
		}
	}
	if changes {
		exportTraces(context.Background(), d, next.Config)
	}
	d.room.adopt(next.Config)
	if s, err := d.descriptors.divide(next.Config); err == nil {
		d.engine.Share(s.checks, s.limit)
	}
	next.Set.Retain()
	next.databases.Retain()
	d.mu.Lock()
	old := d.now
	next.thresholds = policies.NewThresholds(next.Config.Thresholds, old.thresholds)
	next.hide = hider(next.Config.Secrets(), old.Config.Secrets())
	next.Own(old.Set)
	d.now = next
	changed := d.engine.Bind(next.bindings())
	d.mu.Unlock()
	if changes {
		d.metrics.Configure(exported(next.Config, changed))
	}
	d.forPages.configure(next.Config)
	recall(d, changed.Added)
	if d.alerts != nil {
		if changes {
			d.alerts.Configure(setup)
		}
		d.alerts.Events(alerting.PluginRefused, next.Refused())
	}
	if changes {
		d.measuring.configure(next.Config)
	}
	d.changes.Note()

	d.catalog.Installed(context.Background(), old.Set, next.Set)
	if err := errors.Join(old.Set.Release(), old.databases.Release()); err != nil {
		d.options.Log.Warn("a module or database did not close", "err", err)
	}
	return changed, nil
}

// bindings returns the binding of each configured integration, with its module and
// databases.
func (s *state) bindings() []*engine.Binding {
	all := make([]*engine.Binding, len(s.Config.Integrations))
	for n, c := range s.Config.Integrations {
		all[n] = s.binding(c)
	}
	return all
}

func (s *state) binding(c config.Integration) *engine.Binding {
	b := &engine.Binding{
		Name: c.Name, Annotations: engine.Annotations(c.Annotations), Plugin: c.Plugin, Probe: c.Probe,
		Enabled: c.Enabled, Disabled: c.Disabled, Interval: c.Interval, Timeout: c.Timeout,
		Memory: c.Memory, Values: c.Values, Grants: c.Grants, Transport: c.Transport, DependsOn: c.DependsOn, Position: c.Position,
		Databases: s.databases.Granted(c.Grants, !c.Bundled), Heartbeat: c.Heartbeat,
	}
	if c.Heartbeat != nil {
		b.Interval = 0 // nothing runs
	}
	switch p := s.Plugin(c.Plugin); {
	case p == nil:
		b.Reason = fmt.Sprintf("plugin %q is not installed: copy its .wasm file into %s", c.Plugin, s.Config.Plugins.Dir)
	case p.Module == nil:
		b.Reason = fmt.Sprintf("plugin %q is %s: %s", c.Plugin, p.State, p.Reason)
	default:
		b.Module, b.Digest = p.Module, p.Module.Digest
	}
	return b
}

// outcome summarizes the state for the startup log.
func (s *state) outcome() string {
	disabled := 0
	for _, c := range s.Config.Integrations {
		if !c.Enabled {
			disabled++
		}
	}
	if disabled == 0 {
		return fmt.Sprintf("%d enabled", len(s.Config.Integrations))
	}
	return fmt.Sprintf("%d enabled, %d disabled", len(s.Config.Integrations)-disabled, disabled)
}

// host implements catalog.Host.
type host struct{ *Daemon }

// InForce returns the current plugins.
func (h host) InForce() *catalog.Set { return h.inForce().Set }

// Change installs the set that f returns, and keeps everything else.
func (h host) Change(f func(*catalog.Set) (*catalog.Set, error)) error {
	h.change.Lock()
	defer h.change.Unlock()
	next, err := f(h.now.Set)
	if next == nil || err != nil {
		return err
	}
	if _, err = h.install(h.now.with(next)); err != nil {
		return errors.Join(err, next.Discard())
	}
	return nil
}

// Postponed logs an operation that vega will try again; see catalog.Host.
func (h host) Postponed(ctx context.Context, what string, more ...any) {
	h.logPostponed(ctx, what, more...)
}

// LogDiagnostics logs each diagnostic.
func (h host) LogDiagnostics(ctx context.Context, all []diag.Diagnostic) {
	logDiagnostics(ctx, h.options.Log, all)
}

// Plugins reports on every module, the bundled ones first, then by file.
func (d *Daemon) Plugins() []catalog.Report { return d.inForce().Set.Report() }

// with returns the state with other plugins and the same databases.
func (s *state) with(next *catalog.Set) *state {
	return &state{Set: next, inputs: s.inputs, since: s.since, databases: s.databases}
}

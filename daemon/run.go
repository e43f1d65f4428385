package daemon

import (
	"context"
	"errors"

	"vega/daemon/catalog"
	"vega/daemon/diagnostics"
	"vega/daemon/engine"
	"vega/daemon/heartbeat"
	"vega/daemon/trim"
	"vega/policies/check"
)

// Run runs each integration on its interval and applies changes to plugin and
// configuration files, until ctx ends or Shutdown is called. It does not stop runs
// in flight; Shutdown waits for them.
func (d *Daemon) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	d.mu.Lock()
	if d.draining() {
		d.mu.Unlock()
		return errors.New("run: vega is shutting down")
	}
	d.lifecycle.started = true
	retry := make(chan struct{}, 1)
	d.lifecycle.running.Go(func() { d.follow(ctx, retry) })
	d.lifecycle.running.Go(func() {
		d.catalog.Watch(ctx, func() { // a rejected configuration may need the changed plugin
			select {
			case retry <- struct{}{}:
			default:
			}
		})
	})
	d.lifecycle.running.Go(func() { d.engine.Run(ctx) })
	d.lifecycle.running.Go(func() { d.measures.Run(ctx) })
	d.lifecycle.running.Go(func() { d.applyRetention(ctx) })
	d.lifecycle.running.Go(func() { d.forPages.recall(ctx) })
	if d.alerts != nil {
		d.lifecycle.running.Go(func() { d.alerts.Run(ctx) })
	}
	d.lifecycle.running.Go(func() { trim.Run(ctx, d.changes, d.ended) })
	d.mu.Unlock()
	select {
	case <-ctx.Done():
	case <-d.engine.Draining():
	}
	return nil
}

// Health runs integrations in parallel and reports on them; see engine.Engine.Health.
func (d *Daemon) Health(ctx context.Context, q engine.Query) (engine.Health, error) {
	return d.engine.Health(ctx, q)
}

// Overview returns the last known state of integrations, without running any.
func (d *Daemon) Overview(q engine.Selection) (engine.Overview, error) { return d.engine.Overview(q) }

// Integration reports on one integration without running it.
func (d *Daemon) Integration(name string) (engine.Integration, error) {
	return d.engine.Integration(name)
}

// Heartbeat returns the settings of a heartbeat; see engine.Engine.Heartbeat.
func (d *Daemon) Heartbeat(name, token string) (*heartbeat.Settings, error) {
	return d.engine.Heartbeat(name, token)
}

// Push records what a job reports; see engine.Engine.Push.
func (d *Daemon) Push(ctx context.Context, name, token string, e heartbeat.Event) (engine.Pushed, error) {
	d.mu.RLock()
	hide := d.now.hide
	d.mu.RUnlock()
	e.Message = hide(e.Message)
	return d.engine.Push(ctx, name, token, e)
}

// contention returns the function that measures contention, for engine.Options.
func contention() func() func() check.Contention {
	pace := diagnostics.NewPace()
	return func() func() check.Contention { return pace.Begin().End }
}

// Drain makes the daemon start no more runs. Everything else continues, for the sake
// of requests in progress.
func (d *Daemon) Drain() {
	d.mu.Lock() // keeps Run from starting loops
	defer d.mu.Unlock()
	d.engine.Drain()
}

// EndRuns cancels the runs in flight and returns the names of their integrations.
// Each run reports that vega is shutting down.
func (d *Daemon) EndRuns() []string {
	names := d.engine.InFlight()
	d.lifecycle.end()
	return names
}

// Shutdown drains, waits for the runs in flight, and closes everything. If ctx ends
// first, it cancels the runs. Later requests get ErrClosed.
func (d *Daemon) Shutdown(ctx context.Context) error {
	d.Drain()
	stop := context.AfterFunc(ctx, func() {
		if d.lifecycle.life.Err() != nil { // already canceled
			return
		}
		if ended := d.EndRuns(); len(ended) > 0 {
			d.options.Log.Warn("runs canceled at shutdown", "count", len(ended), "integrations", engine.First20(ended))
		}
	})
	d.engine.Wait()
	d.lifecycle.running.Wait()
	stop()
	d.lifecycle.end()
	d.engine.Close()
	d.statsd.Close()
	d.traces.Shutdown(ctx)
	d.endAlerts(ctx)
	return d.release()
}

// Close shuts down immediately and cancels the runs in flight.
func (d *Daemon) Close() error {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return d.Shutdown(ctx)
}

// release closes everything, in the reverse order of opening.
func (d *Daemon) release() error {
	d.change.Lock()
	defer d.change.Unlock()
	d.mu.Lock()
	if d.lifecycle.closed {
		d.mu.Unlock()
		return nil
	}
	d.lifecycle.closed = true
	modules := d.now.Set
	dbs := d.now.databases
	d.now = &state{Set: &catalog.Set{Config: d.now.Config}, databases: dbs, thresholds: d.now.thresholds}
	d.mu.Unlock()
	errs := []error{modules.Release()}
	if d.monitor != nil {
		errs = append(errs, d.monitor.Close()) // keep the closed monitor, which returns an error to later calls
	}
	if d.catalog != nil {
		errs = append(errs, d.catalog.Close(), dbs.Release())
	}
	if d.store != nil {
		errs = append(errs, d.store.Close())
	}
	return errors.Join(errs...)
}

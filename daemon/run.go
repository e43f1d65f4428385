package daemon

import (
	"context"
	"errors"

	"vega/daemon/diagnostics"
	"vega/daemon/engine"
	"vega/policies/check"
)

// Run runs each integration on its interval, and keeps modules in step with their
// directory and the configuration with its files, until ctx ends or Shutdown is
// called. Runs in flight then go on: Shutdown waits for them.
func (d *Daemon) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	d.mu.Lock()
	if d.leaving() {
		d.mu.Unlock()
		return errors.New("run: vega is shutting down")
	}
	d.started = true
	retry := make(chan struct{}, 1)
	d.running.Go(func() { d.follow(ctx, retry) })
	d.running.Go(func() {
		d.catalog.Watch(ctx, func() { // a configuration may have waited for that plugin
			select {
			case retry <- struct{}{}:
			default:
			}
		})
	})
	d.running.Go(func() { d.engine.Run(ctx) })
	d.running.Go(func() { d.housekeep(ctx) })
	d.mu.Unlock()
	select {
	case <-ctx.Done():
	case <-d.engine.Draining():
	}
	return nil
}

// Health runs integrations in parallel and reports how they are: see engine.Health.
func (d *Daemon) Health(ctx context.Context, q engine.Query) (engine.Health, error) {
	return d.engine.Health(ctx, q)
}

// Integration reports on one integration without running it.
func (d *Daemon) Integration(name string) (engine.Integration, error) {
	return d.engine.Integration(name)
}

// contention measures, for the engine, what the host keeps from this process.
func contention() func() func() check.Contention {
	pace := diagnostics.NewPace()
	return func() func() check.Contention {
		end := pace.Begin().End
		return func() check.Contention { return check.Contention(end()) }
	}
}

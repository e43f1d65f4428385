package daemon

import (
	"context"
	"errors"
	"slices"
)

// Drain starts no run any more. Everything else goes on, for those who have
// asked already.
func (d *Daemon) Drain() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.draining {
		d.draining = true
		close(d.halt)
	}
}

// EndRuns ends the runs in flight, each with the result that vega is shutting
// down, and returns the names of their integrations.
func (d *Daemon) EndRuns() []string {
	d.mu.RLock()
	var names []string
	for _, i := range slices.Concat(d.now.integrations, d.now.departed) {
		if i.flying() {
			names = append(names, i.name)
		}
	}
	d.mu.RUnlock()
	d.end()
	return names
}

// Shutdown is Drain, and waits for the runs in flight; when ctx ends first, they
// are ended. Then everything is closed: whoever still asks gets ErrClosed.
func (d *Daemon) Shutdown(ctx context.Context) error {
	d.Drain()
	stop := context.AfterFunc(ctx, func() {
		if d.life.Err() != nil { // they are ended already
			return
		}
		if ended := d.EndRuns(); len(ended) > 0 {
			d.log.Warn("runs were ended", "count", len(ended), "integrations", first20(ended))
		}
	})
	d.running.Wait()
	stop()
	d.end()
	return d.release()
}

// Close is Shutdown without patience: runs in flight are ended.
func (d *Daemon) Close() error {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return d.Shutdown(ctx)
}

// release closes what is open, in the reverse order of opening.
func (d *Daemon) release() error {
	d.change.Lock()
	defer d.change.Unlock()
	d.mu.Lock()
	if d.closed {
		d.mu.Unlock()
		return nil
	}
	d.closed = true
	modules := d.now.plugins
	dbs := d.now.databases
	d.now = &state{cfg: d.now.cfg, integrations: d.now.integrations, depends: d.now.depends, databases: dbs, thresholds: d.now.thresholds}
	d.mu.Unlock()
	errs := []error{releaseAll(modules)}
	if d.monitor != nil {
		errs = append(errs, d.monitor.Close()) // it stays, to report that it is closed
	}
	if d.sandbox != nil {
		errs = append(errs, d.sandbox.Close(), dbs.Release())
	}
	if d.store != nil {
		errs = append(errs, d.store.Close())
	}
	return errors.Join(errs...)
}

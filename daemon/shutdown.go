package daemon

import (
	"context"
	"errors"

	"vega/daemon/catalog"
	"vega/daemon/engine"
)

// Drain starts no more runs. Everything else goes on, for requests that are being
// answered.
func (d *Daemon) Drain() {
	d.mu.Lock() // no loop starts meanwhile
	defer d.mu.Unlock()
	d.engine.Drain()
}

// EndRuns cuts off the runs in flight, each with the result that vega is shutting
// down, and returns the names of their integrations.
func (d *Daemon) EndRuns() []string {
	names := d.engine.InFlight()
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
			d.log.Warn("runs were ended", "count", len(ended), "integrations", engine.First20(ended))
		}
	})
	d.engine.Wait()
	d.running.Wait()
	stop()
	d.end()
	d.engine.Close()
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
	modules := d.now.Set
	dbs := d.now.databases
	d.now = &state{Set: &catalog.Set{Config: d.now.Config}, databases: dbs, thresholds: d.now.thresholds}
	d.mu.Unlock()
	errs := []error{modules.Release()}
	if d.monitor != nil {
		errs = append(errs, d.monitor.Close()) // it stays, to report that it is closed
	}
	if d.catalog != nil {
		errs = append(errs, d.catalog.Close(), dbs.Release())
	}
	if d.store != nil {
		errs = append(errs, d.store.Close())
	}
	return errors.Join(errs...)
}

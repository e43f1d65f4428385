package daemon

import (
	"context"
	"fmt"
	"slices"
	"time"

	"vega/daemon/config"
	"vega/daemon/engine"
	"vega/daemon/telemetry/blackbox"
	"vega/policies/check"
)

// ScrapeQuery is what a request for GET /probe asks for.
type ScrapeQuery struct {
	Module, Target string
	Timeout        time.Duration // limits that of the module; 0: no limit
}

// UnknownModuleError is returned for a module that the configuration does not have. Its
// text is that of blackbox_exporter.
type UnknownModuleError struct{ Module string }

// Error names the module.
func (e *UnknownModuleError) Error() string { return fmt.Sprintf("Unknown module %q", e.Module) }

// UndecidedError is returned if a run says nothing about its target.
type UndecidedError struct{ Reason string }

// Error says why.
func (e *UndecidedError) Error() string { return "vega can't tell: " + e.Reason }

// Probe runs a module for a target and returns its metrics in Prometheus' text format.
// It stores nothing. The error is an *UnknownModuleError, config.ErrTarget,
// config.ErrNotAllowed, engine.ErrBusy, ErrClosing, an *UndecidedError or that of ctx.
func (x *exports) Probe(ctx context.Context, q ScrapeQuery) ([]byte, error) {
	b, err := x.retainModule(q)
	if err != nil {
		return nil, err
	}
	r, err := x.daemon.engine.Once(ctx, b)
	if err != nil {
		return nil, err
	}
	x.logScrape(ctx, &r)
	if _, known := blackbox.Succeeded(r.Status); !known {
		return nil, &UndecidedError{check.Clip(r.Message, 500)}
	}
	return blackbox.Text(&r, b.Timeout)
}

// retainModule returns the binding for a target, with its module and databases retained
// for Engine.Once.
func (x *exports) retainModule(q ScrapeQuery) (*engine.Binding, error) {
	d := x.daemon
	d.mu.RLock()
	defer d.mu.RUnlock()
	all := d.now.Config.ScrapeModules
	n := slices.IndexFunc(all, func(m config.ScrapeModule) bool { return m.Name == q.Module })
	if n < 0 {
		return nil, &UnknownModuleError{q.Module}
	}
	i, err := all[n].For(q.Target)
	if err != nil {
		return nil, err
	}
	b := d.now.binding(i)
	b.Name = "scrape_module." + b.Name
	if q.Timeout > 0 {
		b.Timeout = min(b.Timeout, q.Timeout)
	}
	if b.Module == nil {
		return nil, &UndecidedError{b.Reason}
	}
	b.Module.Retain()
	b.Databases.Retain()
	return b, nil
}

// logScrape logs a scrape that is not healthy, because Prometheus does not show why.
func (x *exports) logScrape(ctx context.Context, r *check.Run) {
	if r.Status == check.Healthy {
		return
	}
	x.daemon.options.Log.InfoContext(ctx, "scrape", "module", r.Integration, "probe", r.Probe, "status", string(r.Status),
		"cause", string(r.Cause), "took_ms", check.Milliseconds(r.Took), "message", r.Message)
}

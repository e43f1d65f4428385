package daemon

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"vega/daemon/config"
)

// Reload reads the configuration again, checks it whole, loads what it needs,
// and only then swaps it in, at once. Integrations that did not change keep
// their state. On any error the old configuration runs on untouched.
func (d *Daemon) Reload(ctx context.Context) error {
	if d.options.Load == nil {
		return errors.New("reload: there is nothing to load from")
	}
	d.change.Lock()
	defer d.change.Unlock()
	if d.sandbox == nil {
		return errors.New("reload: vega is shutting down")
	}
	cfg, err := d.options.Load(ctx)
	if err != nil {
		return fmt.Errorf("reload, the old configuration runs on: %w", err)
	}
	old := d.now.cfg
	if fixed := needRestart(old, cfg); len(fixed) > 0 {
		return fmt.Errorf("reload, the old configuration runs on: restart vega to change %s", strings.Join(fixed, ", "))
	}
	next, err := d.prepare(ctx, cfg)
	if err == nil {
		_, err = d.install(next)
	}
	if err != nil {
		return fmt.Errorf("reload, the old configuration runs on: %w", errors.Join(err, discard(next.plugins)))
	}
	d.log.InfoContext(ctx, "reloaded", "file", cfg.Path, "integrations", len(cfg.Integrations))
	return nil
}

// prepare loads what a configuration needs. It refuses one whose new modules
// would leave integrations without the one that serves them now.
func (d *Daemon) prepare(ctx context.Context, cfg *config.Config) (*state, error) {
	next := &state{cfg: cfg, plugins: d.loadAll(ctx, cfg), databases: newDatabases(cfg, d.store, d.now.databases)}
	if _, err := loadedOf(next.plugins); err != nil {
		d.log.WarnContext(ctx, "reload", "err", err)
	}
	for _, p := range next.plugins {
		was := d.now.plugin(p.name())
		if p.module == nil && was != nil && was.module != nil && next.uses(p.name()) {
			return next, fmt.Errorf("the plugin %q can't take the place of the one in service: %s", p.name(), p.reason)
		}
	}
	return next, nil
}

// needRestart names what differs and can't change while vega runs, since it is
// in use: addresses that are listened on, files that are open.
func needRestart(old, cfg *config.Config) []string {
	var names []string
	for _, f := range []struct {
		name     string
		was, now any
	}{
		{"data_dir", old.DataDir, cfg.DataDir},
		{"server.host", old.Server.Host, cfg.Server.Host},
		{"server.port", old.Server.Port, cfg.Server.Port},
		{"server.tls", old.Server.TLS, cfg.Server.TLS},
		{"store.path", old.Store.Path, cfg.Store.Path},
		{"store.slow_query", old.Store.SlowQuery, cfg.Store.SlowQuery},
		{"network", old.Network, cfg.Network},
	} {
		if !reflect.DeepEqual(f.was, f.now) {
			names = append(names, f.name)
		}
	}
	return names
}

// InvalidError is a configuration that can't be used.
type InvalidError struct{ Diagnostics config.Diagnostics }

// Error is the first error in a line, and how many more there are.
func (e *InvalidError) Error() string {
	var text string
	more := -1
	for _, d := range e.Diagnostics {
		if d.Severity != config.Error {
			continue
		}
		if more++; more == 0 {
			text = fmt.Sprintf("%s:%d:%d: %s: %s", d.Range.Filename, d.Range.Start.Line, d.Range.Start.Column, d.Summary, d.Detail)
		}
	}
	if more > 0 {
		text += fmt.Sprintf(" (and %d more; run vega validate config to see them)", more)
	}
	return text
}

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
	next := &state{cfg: cfg, plugins: d.loadAll(ctx, cfg)}
	if _, err := loadedOf(next.plugins); err != nil {
		d.log.WarnContext(ctx, "reload", "err", err)
	}
	if !reflect.DeepEqual(old.Databases, cfg.Databases) {
		was := d.databases.Swap(newDatabases(cfg, d.store))
		defer func() { // rows that a run is reading stay open until it is done
			if err := was.Close(); err != nil {
				d.log.WarnContext(ctx, "close the old databases", "err", err)
			}
		}()
	}
	d.install(next)
	d.log.InfoContext(ctx, "reloaded", "file", cfg.Path, "integrations", len(cfg.Integrations))
	return nil
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

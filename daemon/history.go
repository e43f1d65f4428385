package daemon

import (
	"context"
	"errors"
	"fmt"
	"time"

	"vega/daemon/config"
	"vega/daemon/engine"
	"vega/plugins"
	"vega/policies/check"
	"vega/store"
)

// keepingTime is how often what is too old or too much is taken out of the
// store, and complaintTime how often it is logged that nothing can be stored.
const (
	keepingTime   = 10 * time.Minute
	complaintTime = time.Minute
)

// RunReport is one run of an integration's history.
type RunReport struct {
	ID int64 `json:"id"`
	engine.Report
	Digest        string `json:"digest"` // of the plugin, hex SHA-256
	CorrelationID string `json:"correlation_id"`
}

// RunPage is a part of an integration's history, the newest first.
type RunPage struct {
	Runs []RunReport `json:"runs"`
	Next string      `json:"next"` // the cursor of the next page; "" after the last
}

// Conversations returns the history of conversations, which is closed with the daemon.
func (d *Daemon) Conversations() store.Conversations { return d.store }

// Memories returns the memories, which are closed with the daemon.
func (d *Daemon) Memories() store.Memories { return d.store }

// Runs is a page of an integration's history. One that is no longer configured
// has its history still; an *UnknownError is of one that never ran either.
func (d *Daemon) Runs(ctx context.Context, name, cursor string, limit int) (RunPage, error) {
	if err := d.store.FlushRuns(ctx); err != nil && ctx.Err() != nil {
		return RunPage{}, ctx.Err() // a store that can't write can still be read
	}
	page, err := d.store.Runs(ctx, name, cursor, limit)
	if err != nil {
		return RunPage{}, err
	}
	if len(page.Runs) == 0 {
		if _, err := d.Integration(name); err != nil {
			return RunPage{}, err
		}
	}
	out := RunPage{Runs: make([]RunReport, 0, len(page.Runs)), Next: page.Next}
	for _, r := range page.Runs {
		out.Runs = append(out.Runs, newRunReport(r))
	}
	return out, nil
}

// housekeep takes out of the store what is not to be kept any longer.
func (d *Daemon) housekeep(ctx context.Context) {
	timer := time.NewTicker(keepingTime)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		done, err := d.store.Retain(ctx, retention(d.inForce().Config.Store))
		switch {
		case errors.Is(err, context.Canceled):
		case err != nil:
			d.options.Log.WarnContext(ctx, "the store could not be tidied up", "err", err)
		case done != store.Retained{}:
			d.options.Log.InfoContext(ctx, "old entries are gone from the store", "runs", done.Runs, "conversations", done.Conversations, "bytes", done.Bytes)
		}
	}
}

func retention(s config.Store) store.Retention {
	return store.Retention{Runs: s.KeepRuns, Conversations: s.KeepConversations, Bytes: s.MaxSize}
}

func newRunReport(r check.Run) RunReport {
	return RunReport{ID: r.ID, Report: engine.ReportOf(r), Digest: r.Digest, CorrelationID: r.CorrelationID}
}

// kv is the store as the sandbox wants it: the one thing that the two packages
// name differently is a full quota.
type kv struct{ store store.KV }

func newKV(s store.KV) kv { return kv{s} }

// Get returns what the integration keeps under the key.
func (k kv) Get(ctx context.Context, integration, key string) ([]byte, bool, error) {
	return k.store.Get(ctx, integration, key)
}

// Set keeps the value for the integration.
func (k kv) Set(ctx context.Context, integration, key string, value []byte, quota int64) error {
	err := k.store.Set(ctx, integration, key, value, quota)
	if errors.Is(err, store.ErrQuota) {
		return fmt.Errorf("%w: %w", plugins.ErrQuota, err)
	}
	return err
}

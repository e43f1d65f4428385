package daemon

import (
	"context"
	"errors"
	"time"

	"vega/daemon/config"
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
	Report
	Digest        string `json:"digest"` // of the plugin, hex SHA-256
	CorrelationID string `json:"correlation_id"`
}

// RunPage is a part of an integration's history, the newest first.
type RunPage struct {
	Runs []RunReport `json:"runs"`
	Next string      `json:"next"` // the cursor of the next page; "" after the last
}

// Store is where conversations and memories are. It is closed with the daemon.
func (d *Daemon) Store() *store.Store { return d.store }

// keep hands a run over to be stored. It waits for no disk.
func (d *Daemon) keep(ctx context.Context, b *binding, r Report, correlation string, took time.Duration, s *store.Strain) {
	run := &store.Run{
		Integration: r.Name, Probe: r.Probe, Digest: b.module.Digest,
		Status: string(r.Status), Cause: string(r.Cause), Message: r.Message, Details: r.Details,
		Began: *r.CheckedAt, Took: took, CorrelationID: correlation, Strain: s,
	}
	for _, m := range r.Metrics {
		run.Metrics = append(run.Metrics, store.Metric{Name: m.Name, Unit: m.Unit, Value: m.Value})
	}
	err := d.store.AppendRun(ctx, run)
	if now := time.Now().UnixNano(); err != nil {
		if last := d.complained.Load(); now-last > int64(complaintTime) && d.complained.CompareAndSwap(last, now) {
			d.log.ErrorContext(ctx, "a run is not stored; the same is logged once a minute at most", "integration", r.Name, "err", err)
		}
	}
}

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
		done, err := d.store.Retain(ctx, retention(d.inForce().cfg.Store))
		switch {
		case errors.Is(err, context.Canceled):
		case err != nil:
			d.log.WarnContext(ctx, "the store could not be tidied up", "err", err)
		case done != store.Retained{}:
			d.log.InfoContext(ctx, "old entries are gone from the store", "runs", done.Runs, "conversations", done.Conversations, "bytes", done.Bytes)
		}
	}
}

func retention(s config.Store) store.Retention {
	return store.Retention{Runs: s.KeepRuns, Conversations: s.KeepConversations, Bytes: s.MaxSize}
}

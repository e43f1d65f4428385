package daemon

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"vega/daemon/config"
	"vega/daemon/engine"
	"vega/plugins"
	"vega/policies/check"
	"vega/store"
	"vega/store/clock"
)

// retentionInterval is how often retention is applied to the store.
// shortageLogInterval is the minimum interval between log lines about a shortage.
const (
	retentionInterval   = 10 * time.Minute
	shortageLogInterval = time.Minute
)

// history is the part of a Daemon that reads back what was recorded.
type history struct{ daemon *Daemon }

// RunReport describes one run in an integration's history.
type RunReport struct {
	ID int64 `json:"id"`
	engine.Report
	Digest        string `json:"digest"` // SHA-256 of the plugin, in hex
	CorrelationID string `json:"correlation_id"`
}

// RunPage is a page of an integration's history, newest first.
type RunPage struct {
	Runs []RunReport `json:"runs"`
	Next string      `json:"next"` // the cursor of the next page; "" on the last page
}

// Conversations returns the store of conversations. The daemon closes it.
func (d *Daemon) Conversations() store.Conversations { return d.store }

// Memories returns the store of memories. The daemon closes it.
func (d *Daemon) Memories() store.Memories { return d.store }

// flushPatience limits how long a history waits for the runs that are not stored yet.
const flushPatience = 2 * time.Second

// logClock returns the function that logs when retention stops trusting the system
// clock, and when it trusts it again.
func logClock(log *slog.Logger) func(clock.Verdict) {
	return func(v clock.Verdict) {
		switch {
		case v.Trusted:
			log.Info("the system clock is trusted again; retention goes by it", "clock", v.Wall.UTC())
		case v.Unset:
			log.Warn("the system clock is not set; retention waits until it is", "clock", v.Wall.UTC())
		case v.Started && v.Moved > 0: // vega may just have been stopped
			log.Info("the system clock is far ahead of when vega ran last; retention goes on from then until the clock has kept steady for a day",
				"ahead", v.Moved.Round(time.Second).String(), "clock", v.Wall.UTC(), "retention", v.Now.UTC())
		default:
			log.Warn("the system clock jumped; retention goes by the earlier time until the clock is back or has kept steady for a day",
				"jumped", v.Moved.Round(time.Second).String(), "clock", v.Wall.UTC(), "retention", v.Now.UTC())
		}
	}
}

// Runs returns a page of an integration's history, even if the integration is no
// longer configured. The error is an *engine.UnknownError if the name is neither
// configured nor in the history.
func (h *history) Runs(ctx context.Context, q store.RunQuery) (RunPage, error) {
	if err := h.flush(ctx); err != nil {
		return RunPage{}, err
	}
	page, err := h.daemon.store.Runs(ctx, q)
	if err != nil {
		return RunPage{}, err
	}
	if len(page.Runs) == 0 {
		if err := expectKnown(ctx, h.daemon, q.Integration); err != nil {
			return RunPage{}, err
		}
	}
	out := RunPage{Runs: make([]RunReport, 0, len(page.Runs)), Next: page.Next}
	for _, r := range page.Runs {
		out.Runs = append(out.Runs, newRunReport(r))
	}
	return out, nil
}

// expectKnown returns an *engine.UnknownError if an integration is neither configured nor
// in the history.
func expectKnown(ctx context.Context, d *Daemon, name string) error {
	_, unknown := d.Integration(name)
	if unknown == nil {
		return nil
	}
	page, err := d.store.Runs(ctx, store.RunQuery{Integration: name, Limit: 1})
	if err == nil && len(page.Runs) == 0 {
		err = unknown
	}
	return err
}

// recallPatience limits how long a reload waits for the last runs of the
// integrations that it adds.
const recallPatience = 2 * time.Second

// recall gives the engine the last runs of integrations that it did not have
// before. An error is only logged: without these runs, the integrations are unknown
// until they have run.
func recall(d *Daemon, names []string) {
	if d.options.ReadOnly {
		names = heartbeats(d, names)
	}
	if len(names) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), recallPatience)
	defer cancel()
	runs, err := d.store.LastRuns(ctx, names)
	if err != nil {
		d.options.Log.Warn("can't read the last runs; integrations are unknown until they have run", "err", err)
		return
	}
	d.engine.Recall(runs)
}

// heartbeats returns those of the integrations that are heartbeats. Their state is known
// only from the store.
func heartbeats(d *Daemon, names []string) (all []string) {
	for _, i := range d.inForce().Config.Integrations {
		if i.Heartbeat != nil && slices.Contains(names, i.Name) {
			all = append(all, i.Name)
		}
	}
	return all
}

// applyRetention removes old entries from the store, until ctx ends.
func (h *history) applyRetention(ctx context.Context) {
	timer := time.NewTicker(retentionInterval)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		done, err := h.daemon.store.Retain(ctx, retention(h.daemon.inForce().Config.Store))
		switch {
		case errors.Is(err, context.Canceled):
		case err != nil:
			h.daemon.options.Log.WarnContext(ctx, "can't apply retention", "err", err)
		case done != store.Retained{}:
			h.daemon.options.Log.InfoContext(ctx, "retention applied", "runs", done.Runs, "conversations", done.Conversations, "incidents", done.Incidents, "silences", done.Silences, "figures", done.Figures, "misdated", done.Misdated, "bytes", done.Bytes)
		}
	}
}

func retention(s config.Store) store.Retention {
	return store.Retention{Runs: s.KeepRuns, Conversations: s.KeepConversations, Bytes: s.MaxSize}
}

func newRunReport(r check.Run) RunReport {
	return RunReport{ID: r.ID, Report: engine.ReportOf(r), Digest: r.Digest, CorrelationID: r.CorrelationID}
}

// kv adapts the store to the sandbox by translating the error for a full quota.
type kv struct{ store store.KV }

func newKV(s store.KV) kv { return kv{s} }

// Get returns the integration's value for the key.
func (k kv) Get(ctx context.Context, integration, key string) ([]byte, bool, error) {
	return k.store.Get(ctx, integration, key)
}

// Set stores the integration's value for the key.
func (k kv) Set(ctx context.Context, integration, key string, value []byte, quota int64) error {
	err := k.store.Set(ctx, integration, key, value, quota)
	if errors.Is(err, store.ErrQuota) {
		return overQuota{err}
	}
	return err
}

// overQuota is a store.ErrQuota that is a plugins.ErrQuota, too.
type overQuota struct{ error }

// Is makes it a plugins.ErrQuota.
func (overQuota) Is(target error) bool { return target == plugins.ErrQuota }

// Unwrap returns the store's error.
func (e overQuota) Unwrap() error { return e.error }

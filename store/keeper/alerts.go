package keeper

import (
	"context"
	"sync/atomic"
	"time"

	"vega/policies/check"
	"vega/policies/incident"
	"vega/store"
	"vega/store/sqlite"
)

// journalReport is how often a panic of the journal is logged at most.
const journalReport = time.Minute

// Judge implements store.Alerts. A panic of the journal is logged.
func (k *Store) Judge(j store.Journal) {
	var next atomic.Int64 // nanoseconds since opened
	opened := time.Now()
	k.runs.Judge(j, func(err error) {
		now := time.Since(opened)
		if at := next.Load(); int64(now) >= at && next.CompareAndSwap(at, int64(now+journalReport)) {
			k.options.Log.Error("internal error: alerting failed to judge a run; checks and messages go on", "err", err)
		}
	})
}

// FlushAlerts implements store.Alerts.
func (k *Store) FlushAlerts(ctx context.Context) error { return k.runs.FlushAlerts(ctx) }

// AlertState implements store.Alerts.
func (k *Store) AlertState(ctx context.Context) (incident.State, error) {
	return read(k, func(s *sqlite.Store) (incident.State, error) { return s.AlertState(ctx) })
}

// Incidents implements store.Alerts.
func (k *Store) Incidents(ctx context.Context, q store.IncidentQuery) (store.IncidentPage, error) {
	return read(k, func(s *sqlite.Store) (store.IncidentPage, error) { return s.Incidents(ctx, q) })
}

// Incident implements store.Alerts.
func (k *Store) Incident(ctx context.Context, id int64) (store.IncidentRecord, error) {
	return read(k, func(s *sqlite.Store) (store.IncidentRecord, error) { return s.Incident(ctx, id) })
}

// Silences implements store.Alerts.
func (k *Store) Silences(ctx context.Context, limit int, cursor string) (store.SilencePage, error) {
	return read(k, func(s *sqlite.Store) (store.SilencePage, error) { return s.Silences(ctx, limit, cursor) })
}

// AppendFigures implements store.Alerts.
func (k *Store) AppendFigures(ctx context.Context, rows []store.FigureRow) error {
	_, err := write(k, func(s *sqlite.Store) (nothing, error) { return without(s.AppendFigures(ctx, rows)) })
	return err
}

// Figures implements store.Alerts.
func (k *Store) Figures(ctx context.Context, q store.FigureQuery) ([]store.FigureRow, error) {
	return read(k, func(s *sqlite.Store) ([]store.FigureRow, error) { return s.Figures(ctx, q) })
}

// History implements store.Rollups.
func (k *Store) History(ctx context.Context, q store.HistoryQuery) ([]store.Bucket, error) {
	return read(k, func(s *sqlite.Store) ([]store.Bucket, error) { return s.History(ctx, q) })
}

// Series implements store.Rollups.
func (k *Store) Series(ctx context.Context, integration string) ([]store.Series, error) {
	return read(k, func(s *sqlite.Store) ([]store.Series, error) { return s.Series(ctx, integration) })
}

// AppendPoints implements store.Rollups.
func (k *Store) AppendPoints(ctx context.Context, points []store.Point) error {
	_, err := write(k, func(s *sqlite.Store) (nothing, error) { return without(s.AppendPoints(ctx, points)) })
	return err
}

// RunsInOrder implements store.Alerts. The file may be replaced meanwhile.
func (k *Store) RunsInOrder(ctx context.Context, since time.Time, f func(*check.Run) bool) error {
	o := sqlite.OrderedRuns{Since: since}
	next := func(s *sqlite.Store) (nothing, error) { return without(o.Read(ctx, s)) }
	return o.Each(func() error {
		_, err := read(k, next)
		return err
	}, f)
}

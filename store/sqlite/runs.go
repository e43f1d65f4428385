package sqlite

import (
	"context"
	"database/sql"
	"encoding/hex"
	"fmt"
	"time"

	"vega/policies/check"
	"vega/store"
	"vega/store/profile"
)

const selectRuns = `SELECT r.id, p.name, d.name, coalesce(s.name, ''), r.status, r.cause, r.began, r.took, r.message, r.data, r.correlation_id, r.late, r.pressure, r.throttled
		FROM runs r JOIN run_names p ON p.id = r.probe JOIN run_names d ON d.id = r.digest LEFT JOIN run_names s ON s.id = r.shape
		WHERE r.integration = (SELECT id FROM run_names WHERE name = ?) AND r.id < ? ORDER BY r.id DESC LIMIT ?`

// Runs implements store.Runs.
func (s *Store) Runs(ctx context.Context, integration, cursor string, limit int) (store.RunPage, error) {
	limit, err := store.PageLimit(limit)
	if err != nil {
		return store.RunPage{}, err
	}
	filter := store.RunFilter(integration)
	before, err := store.ParseCursor(cursor, filter)
	if err != nil {
		return store.RunPage{}, err
	}
	ctx = profile.WithFunction(ctx, "Runs")
	rows, err := s.read.QueryContext(ctx, selectRuns, integration, before.ID, limit+1)
	if err != nil {
		return store.RunPage{}, fmt.Errorf("read the runs of %s: %w", integration, err)
	}
	defer rows.Close()
	page := store.RunPage{Runs: []check.Run{}}
	for rows.Next() {
		r, err := scanRun(rows)
		if err != nil {
			return store.RunPage{}, fmt.Errorf("read the runs of %s: %w", integration, err)
		}
		r.Integration = integration
		page.Runs = append(page.Runs, r)
	}
	if err := rows.Err(); err != nil {
		return store.RunPage{}, fmt.Errorf("read the runs of %s: %w", integration, err)
	}
	if len(page.Runs) > limit {
		page.Runs = page.Runs[:limit]
		page.Next = store.Position{ID: page.Runs[limit-1].ID}.Cursor(filter)
	}
	return page, nil
}

func scanRun(row scanner) (r check.Run, err error) {
	var names, values string
	var status, cause int
	var began, took int64
	var correlation any
	var late, pressure, throttled sql.NullInt64
	if err := row.Scan(&r.ID, &r.Probe, &r.Digest, &names, &status, &cause, &began, &took, &r.Message, &values, &correlation, &late, &pressure, &throttled); err != nil {
		return r, err
	}
	if r.Status, r.Cause, err = store.DecodeStatus(status, cause); err != nil {
		return r, fmt.Errorf("run %d: %w", r.ID, err)
	}
	r.Began, r.Took = time.UnixMilli(began).UTC(), time.Duration(took)*time.Microsecond
	switch id := correlation.(type) {
	case []byte:
		r.CorrelationID = hex.EncodeToString(id)
	case string:
		r.CorrelationID = id
	}
	if late.Valid {
		r.Contention = &check.Contention{Late: *fromMillis(late), Pressure: fromMillis(pressure), Throttled: fromMillis(throttled)}
	}
	return r, store.Unpack(&r, names, values)
}

func fromMillis(n sql.NullInt64) *time.Duration {
	if !n.Valid {
		return nil
	}
	d := time.Duration(n.Int64) * time.Millisecond
	return &d
}

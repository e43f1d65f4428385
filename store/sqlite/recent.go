package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"vega/policies/check"
	"vega/store"
	"vega/store/profile"
)

const (
	runNumber  = `SELECT id FROM run_names WHERE name = ?`
	recentRuns = `SELECT status, began, took FROM runs INDEXED BY ix_runs_integration WHERE integration = ? ORDER BY id DESC LIMIT ?`
	// The beginning of the last run that was not healthy, from the index of these.
	lastTrouble = `SELECT max(began) FROM runs INDEXED BY ix_runs_trouble WHERE integration = ? AND status <> 0`
	// The beginning of the last run with another status, of the last so many runs.
	lastOther = `SELECT began FROM (SELECT began, status FROM runs INDEXED BY ix_runs_began WHERE integration = ? ORDER BY began DESC LIMIT ?)
		WHERE status <> ? LIMIT 1`
	beganBack  = `SELECT began FROM runs INDEXED BY ix_runs_began WHERE integration = ? ORDER BY began DESC LIMIT 1 OFFSET ?`
	beganAfter = `SELECT min(began) FROM runs INDEXED BY ix_runs_began WHERE integration = ? AND began > ?`
)

// lookBack is how many runs are looked at to find one with another status, unless the
// status is healthy, for which there is an index.
const lookBack = 100_000

// Recent implements store.Runs.
func (s *Store) Recent(ctx context.Context, integration string, limit int) (out store.Recent, err error) {
	ctx = profile.WithFunction(ctx, "Recent")
	var id int64
	if err = s.read.QueryRowContext(ctx, runNumber, integration).Scan(&id); errors.Is(err, sql.ErrNoRows) {
		return out, nil
	}
	if err == nil {
		out.Runs, err = readRecent(ctx, s.read, id, limit)
	}
	if err == nil && len(out.Runs) > 0 {
		out.Since, err = streak(ctx, s.read, id, out.Runs, len(out.Runs) == limit)
	}
	if err != nil {
		return store.Recent{}, fmt.Errorf("read the recent runs of %s: %w", integration, err)
	}
	return out, nil
}

func readRecent(ctx context.Context, db *sql.DB, id int64, limit int) ([]check.Run, error) {
	rows, err := db.QueryContext(ctx, recentRuns, id, limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []check.Run
	for rows.Next() {
		var status int
		var began, took int64
		if err := rows.Scan(&status, &began, &took); err != nil {
			return nil, err
		}
		r := check.Run{Began: time.UnixMilli(began).UTC(), Took: time.Duration(took) * time.Microsecond}
		if r.Status, _, err = store.DecodeStatus(status, 0); err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	slices.Reverse(all)
	return all, rows.Err()
}

// streak returns when the status of the last run began. It looks at earlier runs if there
// may be more of that status.
func streak(ctx context.Context, db *sql.DB, id int64, runs []check.Run, more bool) (time.Time, error) {
	status, first := runs[len(runs)-1].Status, len(runs)-1
	for first > 0 && runs[first-1].Status == status {
		first--
	}
	if first > 0 || !more {
		return runs[first].Began, nil
	}
	other, err := otherBefore(ctx, db, id, status)
	if err != nil {
		return time.Time{}, err
	}
	var began sql.NullInt64
	if err := db.QueryRowContext(ctx, beganAfter, id, other).Scan(&began); err != nil {
		return time.Time{}, err
	}
	if !began.Valid { // runs that began later ended earlier
		return runs[first].Began, nil
	}
	return time.UnixMilli(began.Int64).UTC(), nil
}

// otherBefore returns when the last run with another status began, in milliseconds, or a
// time before all runs that are looked at.
func otherBefore(ctx context.Context, db *sql.DB, id int64, status check.Status) (int64, error) {
	const never = -1 << 62
	if status == check.Healthy {
		var began sql.NullInt64
		err := db.QueryRowContext(ctx, lastTrouble, id).Scan(&began)
		if !began.Valid {
			began.Int64 = never
		}
		return began.Int64, err
	}
	number, _ := store.EncodeStatus(status, check.NoCause)
	var began int64
	err := db.QueryRowContext(ctx, lastOther, id, lookBack, number).Scan(&began)
	if !errors.Is(err, sql.ErrNoRows) {
		return began, err
	}
	err = db.QueryRowContext(ctx, beganBack, id, lookBack).Scan(&began)
	if errors.Is(err, sql.ErrNoRows) {
		return never, nil
	}
	return began, err
}

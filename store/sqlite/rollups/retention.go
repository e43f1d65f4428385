package rollups

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"vega/policies/rollup"
	"vega/store/profile"
)

const (
	// Retention looks at this many series in a transaction.
	seriesPerStep = 200
	rowsPerStep   = 1000

	someSeries = `SELECT id FROM rollup_series WHERE id > ? ORDER BY id LIMIT ?`
	purgeOld   = `DELETE FROM rollups WHERE series = ? AND step = ? AND at < ?`
	purgeAhead = `DELETE FROM rollups WHERE series = ? AND step = ? AND at > ?`
	// A series without buckets is deleted, with how long its runs speak.
	purgeSeries = `DELETE FROM rollup_series WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM rollups WHERE series = ?1 AND step > 0)`
	purgeSpeaks = `DELETE FROM rollups WHERE series = ?1 AND step = 0 AND NOT EXISTS (SELECT 1 FROM rollup_series WHERE id = ?1)`
	dropOldest  = `DELETE FROM rollups WHERE (series, step, at) IN (SELECT series, step, at FROM rollups WHERE step = ? ORDER BY at LIMIT ?)`
)

// Purge deletes the rows whose buckets are all older than they are kept, and those from
// after the latest time that is possible, unless that is zero. Series without buckets go,
// too. Until Start has looked at all integrations, it deletes nothing, because some buckets
// may not be folded yet.
func (t *Tables) Purge(ctx context.Context, now, latest time.Time) (purged int64, err error) {
	if t.absent || t.change == nil || !t.visited.Load() {
		return 0, nil
	}
	ctx = profile.WithFunction(ctx, "PurgeRollups")
	for after, more := int64(0), true; more; {
		err := t.write(ctx, func(s *session) (err error) {
			var n int64
			after, n, more, err = s.purgeSome(after, now, latest)
			purged += n
			return err
		})
		if err != nil {
			return purged, fmt.Errorf("delete old roll-ups: %w", err)
		}
	}
	return purged, nil
}

// purgeSome purges some series, from the one after a number on.
func (s *session) purgeSome(after int64, now, latest time.Time) (last, purged int64, more bool, err error) {
	var ids []int64
	err = s.each(someSeries, []any{after, seriesPerStep}, func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		ids = append(ids, id)
		return err
	})
	for _, id := range ids {
		if err != nil {
			return last, purged, false, err
		}
		last = id
		var n int64
		n, err = s.purgeOne(id, now, latest)
		purged += n
	}
	return last, purged, len(ids) == seriesPerStep, err
}

func (s *session) purgeOne(series int64, now, latest time.Time) (all int64, err error) {
	ahead := int64(0)
	for _, step := range steps {
		kept := rollup.RowStart(now.Add(-keep[step]), step).Unix()
		n, err := s.delete(purgeOld, series, stepNumber(step), kept)
		all += n
		if err != nil {
			return all, err
		}
		if latest.IsZero() {
			continue
		}
		n, err = s.delete(purgeAhead, series, stepNumber(step), latest.Unix())
		if ahead += n; err != nil {
			return all + ahead, err
		}
	}
	if all+ahead == 0 {
		return 0, nil
	}
	gone, err := s.delete(purgeSeries, series)
	if err == nil && gone > 0 {
		_, err = s.delete(purgeSpeaks, series)
	}
	if gone > 0 || ahead > 0 {
		s.t.forget() // it may refer to what is gone
	}
	return all + ahead, err
}

func (s *session) delete(query string, args ...any) (int64, error) {
	done, err := s.exec(query, args...)
	if err != nil {
		return 0, err
	}
	return done.RowsAffected()
}

// DropOldest deletes some of the oldest rows of the shortest step that has any, so that the
// database fits a size. It returns 0 if there are none.
func (t *Tables) DropOldest(ctx context.Context) (dropped int64, err error) {
	if t.absent || t.change == nil {
		return 0, nil
	}
	err = t.write(profile.WithFunction(ctx, "PurgeRollups"), func(s *session) error {
		t.forget()
		for _, step := range steps {
			if dropped, err = s.delete(dropOldest, stepNumber(step), rowsPerStep); err != nil || dropped > 0 {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("delete the oldest roll-ups: %w", err)
	}
	return dropped, nil
}

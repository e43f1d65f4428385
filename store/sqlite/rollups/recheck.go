package rollups

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"vega/policies/check"
	"vega/policies/rollup"
)

const begansSince = `SELECT began FROM runs WHERE integration = ? AND began >= ? AND began < ?`

// Recheck computes the buckets of the last seven days again that have fewer runs than are
// stored, and folds the longer ones. Call it after rows were added from another database:
// the buckets in which vega went from one to the other have only a part of their runs. One
// that fails is repeated by what Start began.
func (t *Tables) Recheck(ctx context.Context) error {
	if t.absent || t.change == nil {
		return nil
	}
	t.recheck.Store(true)
	err := t.recheckAll(ctx)
	if err == nil {
		t.recheck.Store(false)
	}
	return err
}

// Repeat repeats a Recheck that has failed.
func (t *Tables) Repeat(ctx context.Context) error {
	if !t.recheck.Load() {
		return nil
	}
	return t.Recheck(ctx)
}

func (t *Tables) recheckAll(ctx context.Context) error {
	names, err := t.integrations(ctx)
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := t.build(ctx, name); err != nil {
			return err
		}
		began := time.Now()
		if err := t.write(ctx, func(s *session) error { return s.recheck(name) }); err != nil {
			return fmt.Errorf("check the roll-ups of %s: %w", name, err)
		}
		if err := rest(ctx, began); err != nil {
			return err
		}
	}
	return nil
}

// recheck checks the buckets of an integration that are closed.
func (s *session) recheck(name string) error {
	s.careful = true
	st := s.t.states[name]
	if st == nil || st.series == 0 || st.behind {
		return nil
	}
	open := st.open.At()
	if horizon := s.t.horizon(); open.After(horizon) { // the database has roll-ups from a time to come
		open = horizon
	}
	since := rollup.Start(s.t.now().Add(-keep[rollup.FiveMinutes]), rollup.Daily).Add(rollup.Daily)
	runs := map[int64]int64{}
	stmt, err := s.prepare(begansSince) //nolint:sqlclosecheck // the end of the transaction closes it
	if err != nil {
		return err
	}
	rows, err := stmt.QueryContext(s.ctx, st.number, since.UnixMilli(), open.UnixMilli())
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var began int64
		if err := rows.Scan(&began); err != nil {
			return err
		}
		runs[rollup.Start(time.UnixMilli(began), rollup.FiveMinutes).Unix()]++
	}
	if err := rows.Err(); err != nil {
		return err
	}
	return s.recheckBuckets(st, runs, since, open)
}

func (s *session) recheckBuckets(st *state, runs map[int64]int64, since, open time.Time) error {
	spoken, err := s.spoken(st.series)
	if err != nil {
		return err
	}
	b := adder{session: s}
	for _, at := range slices.Sorted(maps.Keys(runs)) {
		stored, _, err := s.bucket(st.series, rollup.FiveMinutes, time.Unix(at, 0).UTC())
		if err == nil && stored.Runs < runs[at] {
			err = b.recompute(st, time.Unix(at, 0).UTC(), []*check.Run{}, spoken)
		}
		if err != nil {
			return err
		}
	}
	refold := func(series int64) {
		for at := since; at.Before(open); at = at.Add(rollup.Hourly) {
			s.change(series, rollup.Hourly, at)
		}
	}
	refold(st.series)
	st.open.Keys(func(_ string, key int64) int64 {
		refold(key)
		return key
	})
	return s.settle(st)
}

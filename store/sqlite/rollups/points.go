package rollups

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"vega/policies/rollup"
	"vega/store"
	"vega/store/profile"
)

// cursor says how far the series of a metric block is folded.
type cursor struct {
	series   int64
	position time.Time // when its last bucket begins
}

const countSeries = `SELECT count(*) FROM rollup_series WHERE integration = '' AND metric = ?`

// AppendPoints implements store.Rollups.
func (t *Tables) AppendPoints(ctx context.Context, points []store.Point) error {
	if t.change == nil || t.absent || len(points) == 0 {
		return nil
	}
	var many *store.ManySeriesError
	err := t.write(profile.WithFunction(ctx, "AppendPoints"), func(s *session) error {
		many = nil
		for n := range points {
			err := s.addPoint(&points[n])
			switch {
			case errors.Is(err, errManySeries):
				if many == nil {
					many = &store.ManySeriesError{Metric: points[n].Series.Metric}
				}
				many.Left++
			case err != nil:
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("store values of metrics: %w", err)
	}
	if many != nil {
		return many
	}
	return nil
}

// errManySeries means that a series is new, and its metric block has as many as it may.
var errManySeries = errors.New("too many series")

// addPoint adds a value to its bucket, wherever that is.
func (s *session) addPoint(p *store.Point) error {
	if math.IsNaN(p.Value) || math.IsInf(p.Value, 0) {
		return nil
	}
	c, err := s.cursor(p.Series)
	if err != nil {
		return err
	}
	at := rollup.Start(p.At, rollup.FiveMinutes)
	b, _, err := s.bucket(c.series, rollup.FiveMinutes, at)
	if err != nil {
		return err
	}
	b.At = at
	b.Count(p.Value)
	r := s.put(c.series, rollup.FiveMinutes, b)
	r.open = r.buckets[len(r.buckets)-1].At
	from := c.position
	if at.After(c.position) {
		c.position = at
	}
	return s.fold(c.series, from, c.position)
}

// cursor returns the cursor of a series, which is added if it is new.
func (s *session) cursor(of store.Series) (*cursor, error) {
	if c := s.t.points[of]; c != nil {
		return c, nil
	}
	id, err := s.blockSeries(of)
	if err != nil {
		return nil, err
	}
	end, err := s.position(id)
	if err != nil {
		return nil, err
	}
	c := &cursor{id, end}
	if !end.IsZero() {
		c.position = end.Add(-rollup.FiveMinutes)
	}
	s.t.points[of] = c
	return c, nil
}

// blockSeries returns the number of a series of a metric block, which is added if it is new.
func (s *session) blockSeries(of store.Series) (id int64, err error) {
	if found, err := s.find(findSeries, []any{of.Integration, of.Metric, of.Labels}, &id); found || err != nil {
		return id, err
	}
	n, counted := s.t.blocks[of.Metric]
	if !counted {
		if _, err := s.find(countSeries, []any{of.Metric}, &n); err != nil {
			return 0, err
		}
	}
	if n >= store.MaxSeries {
		s.t.blocks[of.Metric] = n
		return 0, errManySeries
	}
	if id, err = s.series(of.Integration, of.Metric, of.Labels); err == nil {
		s.t.blocks[of.Metric] = n + 1
	}
	return id, err
}

// visitPoints loads the series of metric blocks, some in a transaction.
func (t *Tables) visitPoints(ctx context.Context) error {
	all, err := t.Series(ctx, "")
	if err != nil {
		return err
	}
	for some := range slices.Chunk(all, perSweep) {
		err := t.write(ctx, func(s *session) error {
			for _, of := range some {
				if _, err := s.cursor(of); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("load the series of metrics: %w", err)
		}
	}
	return nil
}

// sweepPoints folds the hours and days of series that have no new values, some in a
// transaction.
func (t *Tables) sweepPoints(ctx context.Context, now time.Time) error {
	for some := range slices.Chunk(t.duePoints(now), perSweep) {
		err := t.write(ctx, func(s *session) error { return foldDue(s, some, now) })
		if err != nil {
			return fmt.Errorf("fold values of metrics: %w", err)
		}
	}
	return nil
}

// duePoints returns the series that are to be folded.
func (t *Tables) duePoints(now time.Time) (due []store.Series) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for of, c := range t.points {
		if c.due(now) {
			due = append(due, of)
		}
	}
	return due
}

// foldDue folds the hours and days of some series that are still due.
func foldDue(s *session, all []store.Series, now time.Time) error {
	for _, of := range all {
		c := s.t.points[of]
		if c == nil || !c.due(now) {
			continue // it has changed meanwhile
		}
		if err := s.fold(c.series, c.position, now.Add(-settled)); err != nil {
			return err
		}
		c.position = rollup.Start(now.Add(-settled), rollup.FiveMinutes)
	}
	return nil
}

// due reports whether an hour has ended since the last value.
func (c *cursor) due(now time.Time) bool {
	return rollup.Start(c.position, rollup.Hourly).Before(rollup.Start(now.Add(-settled), rollup.Hourly))
}

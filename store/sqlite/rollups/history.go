package rollups

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"vega/policies/rollup"
	"vega/store"
	"vega/store/profile"
)

// maxRoom limits the buckets for which room is made before they are read.
const maxRoom = 2500

const (
	// The plus signs keep SQLite from planning again for each value.
	rowsBetween = `SELECT at, data FROM rollups WHERE series = +? AND step = +? AND at >= +? AND at < +? ORDER BY at`
	listSeries  = `SELECT metric, labels FROM rollup_series WHERE integration = ? ORDER BY metric, labels`
)

// Series implements store.Rollups.
func (t *Tables) Series(ctx context.Context, integration string) ([]store.Series, error) {
	all := []store.Series{}
	if t.absent {
		return all, nil
	}
	rows, err := t.read.QueryContext(profile.WithFunction(ctx, "Series"), listSeries, integration)
	if err != nil {
		return nil, fmt.Errorf("list the series of the history: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		s := store.Series{Integration: integration}
		if err := rows.Scan(&s.Metric, &s.Labels); err != nil {
			return nil, fmt.Errorf("list the series of the history: %w", err)
		}
		all = append(all, s)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("list the series of the history: %w", err)
	}
	return all, nil
}

// History implements store.Rollups.
func (t *Tables) History(ctx context.Context, q store.HistoryQuery) ([]store.Bucket, error) {
	if stepNumber(q.Step) == 0 {
		return nil, &store.InvalidError{Field: "step", Reason: "must be 5m, 1h or 24h"}
	}
	if t.absent || !q.Since.Before(q.Until) {
		return []store.Bucket{}, nil
	}
	all, err := t.history(profile.WithFunction(ctx, "History"), q)
	if err != nil {
		return nil, fmt.Errorf("read the history of %s: %w", nameOf(q.Series), err)
	}
	return all, nil
}

// nameOf returns a series as it is called in messages.
func nameOf(s store.Series) string {
	switch {
	case s.Integration == "":
		return "metric." + s.Metric + s.Labels
	case s.Metric == "":
		return s.Integration
	default:
		return s.Integration + "." + s.Metric
	}
}

// reader reads the history in a session that changes nothing.
type reader struct {
	*session
	recent bool // the end of the history is asked for
}

func (t *Tables) history(ctx context.Context, q store.HistoryQuery) (all []store.Bucket, err error) {
	tx, err := t.read.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer func() {
		if ended := tx.Rollback(); !errors.Is(ended, sql.ErrTxDone) { // as it does when ctx ends
			err = errors.Join(err, ended)
		}
	}()
	s := reader{session: t.session(ctx, tx)}
	s.dry, s.lean = true, q.Metric == ""
	now := t.now()
	s.recent = q.Until.After(now.Add(-2 * rollup.Daily))
	id, live, err := s.look(q.Series)
	if err != nil {
		return nil, err
	}
	var open []rollup.Bucket
	if q.Integration != "" && s.recent {
		if open, err = s.openBuckets(q.Series, now, live); err != nil {
			return nil, err
		}
	}
	all, err = s.since(id, q.Step, rollup.Ceil(q.Since, q.Step), rollup.Ceil(q.Until, q.Step), open)
	if all == nil {
		all = []store.Bucket{}
	}
	return all, err
}

// look returns the number of a series, and a copy of what is in memory of its integration: nil
// if that is not there, or if a transaction changes it now. What is read afterwards is as old
// as the copy.
func (s *reader) look(of store.Series) (id int64, live *state, err error) {
	if s.recent && s.t.mu.TryLock() {
		defer s.t.mu.Unlock()
		if st := s.t.states[of.Integration]; st != nil && !st.behind {
			clone := *st
			clone.open = st.open.Clone()
			live = &clone
		}
	}
	_, err = s.find(findSeries, []any{of.Integration, of.Metric, of.Labels}, &id) // begins the transaction
	return id, live, err
}

// openBuckets returns the buckets of five minutes of an integration that are not in the
// tables. If there are too many runs for that, they are being built.
func (s *reader) openBuckets(of store.Series, now time.Time, st *state) (all []rollup.Bucket, err error) {
	s.emit = func(_ *state, c *rollup.Closed) {
		if of.Metric == "" {
			all = append(all, c.Status)
			return
		}
		for n := range c.Metrics {
			if c.Metrics[n].Name == of.Metric {
				all = append(all, c.Metrics[n].Bucket)
			}
		}
	}
	if st == nil {
		st, err = s.load(of.Integration, 0)
	}
	if err != nil || st.behind {
		return all, err
	}
	st.open.Advance(now, &st.rules, func(c *rollup.Closed) { s.emit(st, c) })
	if c := st.open.Peek(now, &st.rules); !c.Status.Blank() {
		s.emit(st, &c)
	}
	return all, nil
}

// since returns the buckets of a step between two times. Those that are not in the tables
// are folded from shorter ones, at last from open.
func (s *reader) since(series int64, step time.Duration, from, until time.Time, open []rollup.Bucket) (all []rollup.Bucket, err error) {
	if !from.Before(until) {
		return nil, nil
	}
	end := from
	if series != 0 {
		if all, end, err = s.stored(series, step, from, until); err != nil {
			return nil, err
		}
	}
	if end.Before(from) {
		end = from
	}
	if step == rollup.FiveMinutes {
		for _, b := range open {
			if !b.At.Before(end) && b.At.Before(until) {
				all = append(all, b)
			}
		}
		return all, nil
	}
	shorter, err := s.since(series, steps[stepNumber(step)-2], end, until, open)
	return append(all, rollup.Fold(shorter, step)...), err
}

// forever is later than any bucket.
var forever = time.UnixMilli(1<<62 - 1)

// stored returns the buckets of a step between two times that are in the table, and when the
// last one of all ends.
func (s *reader) stored(series int64, step time.Duration, from, until time.Time) (all []rollup.Bucket, end time.Time, err error) {
	last := until
	if s.recent { // then all rows are read up to the last one
		last = forever
	}
	args := []any{series, stepNumber(step), rollup.RowStart(from, step).Unix(), last.Unix()}
	all = make([]rollup.Bucket, 0, min(int64(until.Sub(from)/step)+1, maxRoom))
	var buckets []rollup.Bucket
	err = s.each(rowsBetween, args, func(rows *sql.Rows) error {
		var at int64
		var data sql.RawBytes
		if err := rows.Scan(&at, &data); err != nil {
			return err
		}
		buckets, _ = rollup.DecodeInto(buckets, data, time.Unix(at, 0).UTC(), step) // of a damaged row those before the damage
		for n := range buckets {
			if b := &buckets[n]; !b.At.Before(from) && b.At.Before(until) {
				all = append(all, *b)
			}
		}
		if n := len(buckets); n > 0 {
			end = buckets[n-1].At.Add(step)
		}
		return nil
	})
	if err == nil && (!s.recent || end.IsZero()) {
		end, err = s.ends(series, step)
	}
	return all, end, err
}

// ends returns when the last bucket of a step ends, the zero time if there isn't one.
func (s *session) ends(series int64, step time.Duration) (end time.Time, err error) {
	var at int64
	var data []byte
	found, err := s.find(lastRow, []any{series, stepNumber(step)}, &at, &data)
	if !found || err != nil {
		return end, err
	}
	buckets, _ := rollup.Decode(data, time.Unix(at, 0).UTC(), step)
	if n := len(buckets); n > 0 {
		end = buckets[n-1].At.Add(step)
	}
	return end, nil
}

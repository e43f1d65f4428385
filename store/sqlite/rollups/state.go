package rollups

import (
	"database/sql"
	"fmt"
	"time"

	"vega/policies/check"
	"vega/policies/rollup"
	"vega/store"
)

const (
	findName  = `SELECT id FROM run_names WHERE name = ?`
	itsSeries = `SELECT id, metric FROM rollup_series WHERE integration = ? AND labels = '' ORDER BY id`
	itsSpeaks = `SELECT at, data FROM rollups WHERE series = ? AND step = 0 ORDER BY at`
	putSpeaks = `INSERT INTO rollups (series, step, at, data) VALUES (?, 0, ?, ?) ON CONFLICT DO UPDATE SET data = excluded.data`
	runBefore = `SELECT id, status, began FROM runs WHERE integration = ? AND began < ? ORDER BY began DESC, id DESC LIMIT 1`
	runsFrom  = `SELECT r.id, r.status, r.began, r.took, coalesce(s.name, ''), r.data FROM runs r LEFT JOIN run_names s ON s.id = r.shape
		WHERE r.integration = ?1 AND r.began >= ?2 AND (r.began, r.id) > (?2, ?3) AND r.began < ?4 ORDER BY r.began, r.id LIMIT ?5`
	highestRun = `SELECT coalesce(max(id), 0) FROM runs`
)

// state is what is in memory of an integration.
type state struct {
	name   string
	number int64 // of the name
	series int64 // of its status; 0: there is none yet
	open   rollup.Open
	rules  rollup.Rules
	folded time.Time     // hours and days are folded that ended until then
	speaks time.Duration // of the last run
	since  []speaks      // while it is behind, and of a session
	behind bool          // there are more runs than were read
	last   int64         // number of the last run that was read
}

// speaks is how long the runs speak that have at least a number.
type speaks struct {
	from int64
	long time.Duration
}

// load loads what is known of an integration: the runs that began after its last bucket. first
// is the number of its first run in this transaction, or 0.
func (s *session) load(name string, first int64) (*state, error) {
	st := &state{name: name, rules: s.t.rules(name)}
	if _, err := s.find(findName, []any{name}, &st.number); err != nil {
		return nil, err
	}
	err := s.each(itsSeries, []any{name}, func(rows *sql.Rows) error {
		var id int64
		var metric string
		if err := rows.Scan(&id, &metric); err != nil {
			return err
		}
		if metric == "" {
			st.series = id
		} else {
			st.open.SetKey(metric, id)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list the series of %s: %w", name, err)
	}
	if err := s.loadSpeaks(st, first); err != nil {
		return nil, err
	}
	if err := s.resume(st); err != nil {
		return nil, err
	}
	return st, s.read(st, maxLoaded)
}

// resume finds out where the buckets of an integration end, and which run is the last one
// before.
func (s *session) resume(st *state) error {
	if st.series == 0 {
		return nil
	}
	end, err := s.position(st.series)
	if err != nil || end.IsZero() {
		return err
	}
	return s.resumeAt(st, end)
}

func (s *session) resumeAt(st *state, at time.Time) error {
	st.open.Resume(at)
	st.folded = st.open.At()
	r, found, err := s.before(st.number, at)
	if found {
		st.open.Before(r.Began, r.Status, st.speaksOf(r.ID))
	}
	return err
}

// before returns the last run of an integration that began before a time: its number, when
// it began, and its status.
func (s *session) before(integration int64, at time.Time) (r check.Run, found bool, err error) {
	var status int
	var began int64
	found, err = s.find(runBefore, []any{integration, at.UnixMilli()}, &r.ID, &status, &began)
	if !found || err != nil {
		return r, false, err
	}
	r.Began = time.UnixMilli(began).UTC()
	r.Status, _, err = store.DecodeStatus(status, 0)
	return r, err == nil, nil // a status that this vega does not know counts as no run
}

// read reads runs of an integration that began after those that were read, up to a limit.
func (s *session) read(st *state, limit int) error {
	n := 0
	from := st.open.At()
	if last := st.open.Last(); last.After(from) {
		from = last
	}
	after := int64(-1)
	if st.last != 0 {
		from, after = st.open.Last(), st.last
	}
	err := s.runs(st.number, from, s.t.horizon(), after, limit, func(r *check.Run) {
		n++
		st.last = r.ID
		s.count(st, r, st.speaksOf(r.ID))
	})
	st.behind = n == limit
	if err == nil && !st.behind {
		st.last, st.since = 0, nil
	}
	return err
}

// ahead is how far the time of a run may be ahead of the clock, which somebody may have set
// back. Whatever is dated later is damaged, and is not rolled up.
const ahead = 2 * rollup.Daily

// horizon is later than any run that is rolled up.
func (t *Tables) horizon() time.Time { return t.now().Add(ahead) }

// runs calls f with the runs of an integration between two times, in the order in which
// they began. Of those that began at the first, only the ones with a number above after
// count.
func (s *session) runs(integration int64, from, until time.Time, after int64, limit int, f func(*check.Run)) error {
	err := s.each(runsFrom, []any{integration, from.UnixMilli(), after, until.UnixMilli(), limit}, func(rows *sql.Rows) error {
		var r check.Run
		var status int
		var began, took int64
		var names, values string
		if err := rows.Scan(&r.ID, &status, &began, &took, &names, &values); err != nil {
			return err
		}
		r.Began, r.Took = time.UnixMilli(began).UTC(), time.Duration(took)*time.Microsecond
		var err error
		if r.Status, _, err = store.DecodeStatus(status, 0); err != nil {
			r.Status = check.Unknown // a newer vega knows it
		}
		if !s.lean {
			_ = store.Unpack(&r, names, values) // else it has no metrics
		}
		f(&r)
		return nil
	})
	if err != nil {
		return fmt.Errorf("read runs: %w", err)
	}
	return nil
}

// loadSpeaks reads how long the runs of an integration speak. If that has changed, it holds
// from the run with the number first on.
func (s *session) loadSpeaks(st *state, first int64) (err error) {
	if st.since, err = s.spoken(st.series); err != nil {
		return err
	}
	if n := len(st.since); n > 0 {
		if st.speaks = st.since[n-1].long; first == 0 {
			return nil
		}
	}
	return s.setSpeaks(st, first)
}

// spoken returns how long runs speak, by their numbers.
func (s *session) spoken(series int64) (all []speaks, err error) {
	if series == 0 {
		return nil, nil
	}
	return all, s.each(itsSpeaks, []any{series}, func(rows *sql.Rows) error {
		var from int64
		var data []byte
		if err := rows.Scan(&from, &data); err != nil {
			return err
		}
		if long, ok := decodeSpeaks(data); ok {
			all = append(all, speaks{from, long})
		}
		return nil
	})
}

// setSpeaks notes how long runs speak from the one with a number on, if that has changed.
func (s *session) setSpeaks(st *state, from int64) (err error) {
	now := s.t.speaks(st.name)
	if st.speaks == 0 { // what the runs before spoke is unknown
		from = 0
		if now == 0 {
			now = defaultSpeaks
		}
	}
	if now == 0 || now == st.speaks {
		return nil
	}
	st.speaks = now
	st.since = append(st.since, speaks{from, now})
	if s.dry {
		return nil
	}
	if err := s.ensure(st); err != nil {
		return err
	}
	_, err = s.exec(putSpeaks, st.series, from, encodeSpeaks(now))
	return err
}

// speaksOf returns how long a run speaks.
func (st *state) speaksOf(id int64) time.Duration {
	for n := len(st.since) - 1; n >= 0; n-- {
		if st.since[n].from <= id {
			return st.since[n].long
		}
	}
	return st.speaks
}

// ensure makes sure that the status of an integration has a number.
func (s *session) ensure(st *state) (err error) {
	if st.series == 0 {
		st.series, err = s.series(st.name, "", "")
	}
	return err
}

// count adds a run that is not late.
func (s *session) count(st *state, r *check.Run, speaks time.Duration) {
	st.open.Add(r, speaks, &st.rules, func(c *rollup.Closed) { s.emit(st, c) })
}

// closed keeps a bucket that was closed, to be written at the end.
func (s *session) closed(st *state, c *rollup.Closed) {
	s.fail(s.ensure(st))
	s.put(st.series, rollup.FiveMinutes, c.Status)
	for n := range c.Metrics {
		m := &c.Metrics[n]
		if m.Key == 0 {
			id, err := s.series(st.name, m.Name, "")
			s.fail(err)
			m.Key = id
			st.open.SetKey(m.Name, id)
		}
		s.put(m.Key, rollup.FiveMinutes, m.Bucket)
	}
}

// fail remembers the first error of a call that can't return it.
func (s *session) fail(err error) {
	if s.failed == nil {
		s.failed = err
	}
}

// settle folds the hours and days of an integration that have ended.
func (s *session) settle(st *state) error {
	s.fail(s.ensure(st))
	position := st.open.At()
	if st.folded.IsZero() {
		st.folded = position
	}
	if s.failed == nil {
		s.fail(s.fold(st.series, st.folded, position))
	}
	st.open.Keys(func(name string, key int64) int64 {
		if s.failed != nil {
			return key
		}
		if key == 0 {
			id, err := s.series(st.name, name, "")
			s.fail(err)
			return id
		}
		s.fail(s.fold(key, st.folded, position))
		return key
	})
	st.folded = position
	return s.failed
}

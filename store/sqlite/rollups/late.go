package rollups

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"vega/policies/check"
	"vega/policies/rollup"
)

const (
	runAfter     = `SELECT began FROM runs WHERE integration = ? AND began > ? ORDER BY began LIMIT 1`
	earlierRow   = `SELECT 1 FROM rollups WHERE series = ? AND step = ? AND at < ? LIMIT 1`
	maxCorrected = int(7 * rollup.Daily / rollup.FiveMinutes)
)

// lateRuns are the runs of a batch that began before others of their integration.
type lateRuns struct {
	runs map[int64][]*check.Run // by when the bucket begins, in seconds since 1970
}

// addLate keeps a late run until the end of the batch.
func (b *adder) addLate(st *state, r *check.Run) {
	l := b.late[st]
	if l == nil {
		l = &lateRuns{map[int64][]*check.Run{}}
		b.late[st] = l
	}
	at := rollup.Start(r.Began, rollup.FiveMinutes).Unix()
	l.runs[at] = append(l.runs[at], r)
}

// correct computes the buckets again that late runs change, and loads the one that is not
// closed again.
func (b *adder) correct(st *state, l *lateRuns) error {
	open := st.open.At()
	spoken, err := b.spoken(st.series)
	if err != nil {
		return err
	}
	c := chain{batch: map[int64]bool{}, buckets: map[int64]bool{}}
	for _, at := range slices.Sorted(maps.Keys(l.runs)) {
		begins, runs := time.Unix(at, 0).UTC(), l.runs[at]
		if begins.Before(open) && b.t.aged(begins, rollup.FiveMinutes) {
			if err := b.addAged(st, begins, runs); err != nil {
				return err
			}
			continue
		}
		slices.SortStableFunc(runs, func(a, b *check.Run) int { return a.Began.Compare(b.Began) })
		for _, r := range runs {
			until, err := b.reaches(st, r, spoken, &c)
			if err != nil {
				return err
			}
			at := begins
			for n := 0; n < maxCorrected && !at.After(until); n++ {
				c.buckets[at.Unix()] = true
				at = at.Add(rollup.FiveMinutes)
			}
		}
	}
	maps.DeleteFunc(c.buckets, func(at int64, _ bool) bool { return at >= open.Unix() })
	for _, at := range slices.Sorted(maps.Keys(c.buckets)) {
		if err := b.recompute(st, time.Unix(at, 0).UTC(), l.runs[at], spoken); err != nil {
			return fmt.Errorf("correct a bucket of %s: %w", st.name, err)
		}
	}
	return b.reload(st, open, spoken, len(c.buckets) > 0)
}

// chain is what late runs have changed that follow each other.
type chain struct {
	batch   map[int64]bool // when they began, in milliseconds since 1970
	spoke   time.Time      // until when the run spoke that is before all of them
	buckets map[int64]bool // that are to be computed again, by when they begin, in seconds since 1970
}

// reaches returns until when a late run changes what is known: it speaks, and the one before
// it speaks no more. Call it for each of a batch, in order of time.
func (b *adder) reaches(st *state, r *check.Run, spoken []speaks, c *chain) (until time.Time, err error) {
	before, found, err := b.before(st.number, r.Began)
	if err != nil {
		return until, err
	}
	of := state{speaks: st.speaks, since: spoken}
	if found && !c.batch[before.Began.UnixMilli()] {
		c.spoke = before.Began.Add(of.speaksOf(before.ID))
	}
	c.batch[r.Began.UnixMilli()] = true
	if until = r.Began.Add(of.longest()); c.spoke.After(until) {
		until = c.spoke
	}
	var next int64
	if found, err = b.find(runAfter, []any{st.number, r.Began.UnixMilli()}, &next); err != nil {
		return until, err
	}
	at := time.UnixMilli(next)
	if found && at.Before(until) {
		until = at
	}
	if found && c.spoke.IsZero() { // the time counts from now on
		c.paused(r.Began, at, &st.rules)
	}
	return until, nil
}

// paused adds the buckets between two times that have maintenance.
func (c *chain) paused(from, until time.Time, rules *rollup.Rules) {
	if rules.Paused == nil || !from.Before(until) || until.Sub(from) > keep[rollup.Hourly] {
		return
	}
	for _, p := range rules.Paused(from, until) {
		for at := rollup.Start(p.From, rollup.FiveMinutes); at.Before(p.To); at = at.Add(rollup.FiveMinutes) {
			c.buckets[at.Unix()] = true
		}
	}
}

// longest returns how long any run speaks at most.
func (st *state) longest() time.Duration {
	most := st.speaks
	for _, s := range st.since {
		most = max(most, s.long)
	}
	return most
}

// recompute computes a closed bucket from the runs that are stored. If some of its runs have
// been deleted, the late ones are only counted.
func (b *adder) recompute(st *state, at time.Time, late []*check.Run, spoken []speaks) error {
	if err := b.ensure(st); err != nil {
		return err
	}
	of := state{name: st.name, number: st.number, speaks: st.speaks, since: spoken}
	before, found, err := b.before(st.number, at)
	if err != nil {
		return err
	}
	if found {
		of.open.Resume(at)
		of.open.Before(before.Began, before.Status, of.speaksOf(before.ID))
	} else if earlier, err := b.earlier(st.series, at); err != nil {
		return err
	} else if earlier {
		of.open.Resume(at)
	}
	ignore := func(*rollup.Closed) {}
	end := at.Add(rollup.FiveMinutes)
	err = b.runs(st.number, at, end, -1, 1<<30, func(r *check.Run) { of.open.Add(r, of.speaksOf(r.ID), &st.rules, ignore) })
	if err != nil {
		return err
	}
	stored, _, err := b.bucket(st.series, rollup.FiveMinutes, at)
	if err != nil {
		return err
	}
	c := of.open.Peek(end, &st.rules)
	if c.Status.Runs < stored.Runs+int64(len(late)) {
		return b.merge(st, rollup.FiveMinutes, at, late)
	}
	if !c.Status.At.Equal(at) || c.Status.Blank() && stored.Blank() {
		return nil // no run and no bucket
	}
	b.closed(st, &c)
	return b.failed
}

// earlier reports whether there is a bucket before a time.
func (b *adder) earlier(series int64, at time.Time) (bool, error) {
	r, err := b.loadRow(series, rollup.FiveMinutes, at)
	if err != nil || len(r.buckets) > 0 && r.buckets[0].At.Before(at) {
		return err == nil, err
	}
	for _, step := range steps {
		var is int
		found, err := b.find(earlierRow, []any{series, stepNumber(step), rollup.RowStart(at, step).Unix()}, &is)
		if found || err != nil {
			return found, err
		}
	}
	return false, nil
}

// addAged adds late runs to the shortest bucket that is kept. They change none of its times.
func (b *adder) addAged(st *state, at time.Time, runs []*check.Run) error {
	step := rollup.Hourly
	if b.t.aged(at, step) {
		step = rollup.Daily
	}
	if b.t.aged(at, step) {
		return nil
	}
	return b.merge(st, step, at, runs)
}

// merge adds runs to a bucket without its times.
func (b *adder) merge(st *state, step time.Duration, at time.Time, runs []*check.Run) error {
	var o rollup.Open
	for _, r := range runs {
		one := *r
		one.Began = at
		o.Add(&one, 0, &rollup.Rules{MaxMetrics: maxMetrics}, func(*rollup.Closed) {})
	}
	c := o.Peek(at, &rollup.Rules{})
	if err := b.ensure(st); err != nil {
		return err
	}
	if err := b.addTo(st.series, step, at, &c.Status); err != nil {
		return err
	}
	for n := range c.Metrics {
		id, err := b.series(st.name, c.Metrics[n].Name, "")
		if err == nil {
			err = b.addTo(id, step, at, &c.Metrics[n].Bucket)
		}
		if err != nil {
			return err
		}
		st.open.SetKey(c.Metrics[n].Name, id)
	}
	return nil
}

// addTo adds what a bucket has to the stored one.
func (b *adder) addTo(series int64, step time.Duration, at time.Time, o *rollup.Bucket) error {
	at = rollup.Start(at, step)
	stored, _, err := b.bucket(series, step, at)
	if err != nil {
		return err
	}
	stored.At = at
	stored.Add(o)
	b.put(series, step, stored)
	return nil
}

// reload loads the bucket that is not closed again. Without any closed one, it is the first.
func (b *adder) reload(st *state, at time.Time, spoken []speaks, closed bool) error {
	end, err := b.position(st.series)
	if err != nil {
		return err
	}
	keys, folded := st.open, st.folded
	st.open, st.since, st.last = rollup.Open{}, spoken, 0
	keys.Keys(func(name string, key int64) int64 {
		st.open.SetKey(name, key)
		return key
	})
	if closed || !end.IsZero() {
		if err := b.resumeAt(st, at); err != nil {
			return err
		}
	}
	st.folded = folded
	if err := b.read(st, maxLoaded); err != nil {
		return err
	}
	if st.behind {
		b.t.wake()
	}
	return b.failed
}

package salvage

import (
	"context"
	"strings"
	"time"

	"vega/policies/rollup"
)

const (
	findSeries = `SELECT id FROM rollup_series WHERE integration = ? AND metric = ? AND labels = ?`
	rollupData = `SELECT data FROM rollups WHERE series = ? AND step = ? AND at = ?`
	alterData  = `UPDATE rollups SET data = ? WHERE series = ? AND step = ? AND at = ?`
)

// putSeries adds the name of a series of roll-ups, and remembers its new number.
func (s *sink) putSeries(ctx context.Context, r *row) (outcome, error) {
	for _, column := range []string{"integration", "metric", "labels"} {
		if text := r.text(column); len(text) > maxShared || strings.ContainsRune(text, 0) {
			return refused, nil
		}
	}
	if len(s.series) >= maxNames || r.text("integration") == "" && r.text("metric") == "" {
		return refused, nil
	}
	number := r.integer("id")
	var id int64
	found, err := s.find(ctx, &id, findSeries, r.get("integration"), r.get("metric"), r.get("labels"))
	if err != nil || found {
		s.series[number] = id
		return known, err
	}
	r.set("id", nil)
	done, err := s.exec(ctx, r.of.insert(), r.values...)
	if err != nil {
		return refused, err
	}
	id, err = done.LastInsertId()
	s.series[number] = id
	return added, err
}

// putRollup adds buckets. Of two for the same time, the one with more runs stays.
func (s *sink) putRollup(ctx context.Context, r *row) (outcome, error) {
	series, ok := s.series[r.integer("series")]
	number := r.integer("step")
	if number == 0 {
		return known, nil // it refers to numbers of runs, which are others now
	}
	if !ok || number < 0 || number > int64(len(rollup.Steps)) {
		return refused, nil
	}
	step, at := rollup.Steps[number-1], time.Unix(r.integer("at"), 0).UTC()
	data, _ := r.get("data").([]byte)
	theirs, err := rollup.Decode(data, at, step)
	if err != nil || !rollup.RowStart(at, step).Equal(at) || !saneTime(at) {
		return refused, nil //nolint:nilerr // it is not a row
	}
	r.set("series", series)
	var before []byte
	found, err := s.find(ctx, &before, rollupData, series, number, r.get("at"))
	if err != nil {
		return refused, err
	}
	if !found {
		return s.insert(ctx, r.of.insert(), r.values)
	}
	ours, _ := rollup.Decode(before, at, step)
	all, changed := joined(ours, theirs)
	if !changed {
		return known, nil
	}
	_, err = s.exec(ctx, alterData, rollup.Encode(all, step), series, number, r.get("at"))
	return added, err
}

// joined returns our buckets, and theirs that have more runs.
func joined(ours, theirs []rollup.Bucket) (all []rollup.Bucket, changed bool) {
	runs := map[time.Time]int64{}
	for n := range ours {
		runs[ours[n].At] = ours[n].Runs
	}
	all = ours
	for n := range theirs {
		if before, ok := runs[theirs[n].At]; !ok || before < theirs[n].Runs {
			all, changed = rollup.Put(all, theirs[n]), true
		}
	}
	return all, changed
}

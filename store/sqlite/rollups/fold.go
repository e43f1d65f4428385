package rollups

import (
	"slices"
	"time"

	"vega/policies/rollup"
)

// fold folds the hours and days of a series that have ended at a position and have not been
// folded since: those that changed in this session, and those in which from was, up to which
// the series was folded before.
func (s *session) fold(series int64, from, position time.Time) error {
	for n, step := range steps[1:] {
		if at := rollup.Start(from, step); at.Before(rollup.Start(position, step)) {
			s.change(series, step, at)
		}
		if err := s.foldStep(series, step, steps[n], position); err != nil {
			return err
		}
	}
	return nil
}

// spanKey identifies the longer buckets of a series.
type spanKey struct {
	series int64
	step   time.Duration
}

// change says that a bucket of an hour or a day is to be folded when it ends.
func (s *session) change(series int64, step time.Duration, at time.Time) {
	k := spanKey{series, step}
	if n, found := slices.BinarySearch(s.changed[k], at.Unix()); !found {
		s.changed[k] = slices.Insert(s.changed[k], n, at.Unix())
	}
}

// foldStep folds the buckets of a step that changed from those of the next shorter step.
func (s *session) foldStep(series int64, step, shorter time.Duration, position time.Time) error {
	k, end := spanKey{series, step}, rollup.Start(position, step).Unix()
	for len(s.changed[k]) > 0 && s.changed[k][0] < end {
		at := time.Unix(s.changed[k][0], 0).UTC()
		s.changed[k] = s.changed[k][1:]
		parts, err := s.between(series, shorter, at, at.Add(step))
		if err != nil {
			return err
		}
		for _, b := range rollup.Fold(parts, step) {
			if s.careful {
				stored, _, err := s.bucket(series, step, at)
				if err != nil {
					return err
				}
				if stored.Runs > b.Runs {
					continue // some of its parts were lost
				}
			}
			s.put(series, step, b)
		}
	}
	return nil
}

// between returns the buckets of a series that begin between two times. There are not
// more rows in that time than a few.
func (s *session) between(series int64, step time.Duration, from, to time.Time) (all []rollup.Bucket, err error) {
	length := step * time.Duration(rollup.Slots(step))
	for at := rollup.RowStart(from, step); at.Before(to); at = at.Add(length) {
		r, err := s.loadRow(series, step, at)
		if err != nil {
			return nil, err
		}
		for _, b := range r.buckets {
			if !b.At.Before(from) && b.At.Before(to) {
				all = append(all, b)
			}
		}
	}
	return all, nil
}

// keep is how long buckets are kept, by their step.
var keep = map[time.Duration]time.Duration{
	rollup.FiveMinutes: 7 * rollup.Daily,
	rollup.Hourly:      90 * rollup.Daily,
	rollup.Daily:       5*365*rollup.Daily + 2*rollup.Daily, // five years have a leap day or two
}

// aged reports whether buckets of a step that begin at a time may be deleted.
func (t *Tables) aged(at time.Time, step time.Duration) bool {
	return at.Before(t.now().Add(-keep[step]))
}

// expired reports whether retention would delete a row, and it is not needed to fold the
// hour or the day that has not ended.
func (s *session) expired(k rowKey) bool {
	end := time.Unix(k.at, 0).Add(k.step * time.Duration(rollup.Slots(k.step)))
	if !s.t.aged(end, k.step) {
		return false
	}
	if n := stepNumber(k.step); n < len(steps) {
		for _, at := range s.changed[spanKey{k.series, steps[n]}] {
			if at < end.Unix() && at+int64(steps[n]/time.Second) > k.at {
				return false
			}
		}
	}
	return true
}

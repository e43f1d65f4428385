package cron

import (
	"time"
	_ "time/tzdata" // a host may have no time zones
)

// horizon is how far Next looks. A leap day is on each day of the week every 28 years,
// but every 40 around 2100.
const horizon = 41 * 366 // days

// Next returns the first time after a given one at which the schedule runs in a time
// zone, or the zero time if it never runs.
func (s *Schedule) Next(after time.Time, in *time.Location) time.Time {
	from := after.In(in)
	year, month, day := from.Date()
	for n := -1; n < horizon; n++ { // a time in a gap that skips midnight belongs to the day before
		date := time.Date(year, month, day+n, 0, 0, 0, 0, time.UTC) // a calendar without gaps
		if !s.runsOn(date) {
			continue
		}
		find := s.timeOfDay
		if s.wildcard {
			find = s.moment
		}
		if t := find(date, after, in); !t.IsZero() {
			return t
		}
	}
	return time.Time{}
}

const day = 24 * time.Hour

// Longest returns the longest time between two runs, as a clock without changes shows it.
func (s *Schedule) Longest() time.Duration {
	first, last, within := s.daily()
	previous, apart := -1, 0
	for n, date := 0, time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC); n < horizon; n++ {
		if s.runsOn(date.AddDate(0, 0, n)) {
			if previous >= 0 {
				apart = max(apart, n-previous)
			}
			previous = n
		}
		if n > 9*366 && apart > 0 { // a leap day was passed twice
			break
		}
	}
	if apart == 0 {
		apart = horizon
	}
	return max(within, time.Duration(apart)*day-last+first)
}

// daily returns the first and the last time of day, and the longest time between two.
func (s *Schedule) daily() (first, last, within time.Duration) {
	first = -1
	each(s.hours, func(hour int) bool {
		return each(s.minutes, func(minute int) bool {
			t := time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute
			if first < 0 {
				first = t
			} else {
				within = max(within, t-last)
			}
			last = t
			return false
		})
	})
	return first, last, within
}

// runsOn reports whether the schedule runs on a date.
func (s *Schedule) runsOn(date time.Time) bool {
	if s.months>>date.Month()&1 == 0 {
		return false
	}
	day, weekday := s.days>>date.Day()&1 == 1, s.weekdays>>date.Weekday()&1 == 1
	if s.anyDay {
		return day && weekday
	}
	return day || weekday
}

// timeOfDay returns the first time of day on a date that is later than after, or the
// zero time.
func (s *Schedule) timeOfDay(date, after time.Time, in *time.Location) (found time.Time) {
	each(s.hours, func(hour int) bool {
		return each(s.minutes, func(minute int) bool {
			t := resolve(date, hour, minute, in)
			if t.After(after) {
				found = t
			}
			return !found.IsZero()
		})
	})
	return found
}

// moment returns the first moment on a date that is later than after, and at which the
// clock shows a matching time, or the zero time.
func (s *Schedule) moment(date, after time.Time, in *time.Location) time.Time {
	begin, end := resolve(date, 0, 0, in), resolve(date.AddDate(0, 0, 1), 0, 0, in)
	if !end.After(after) {
		return time.Time{}
	}
	t := begin
	if after.After(begin) {
		t = begin.Add(after.Sub(begin).Truncate(time.Minute))
	}
	for ; t.Before(end); t = t.Add(time.Minute) {
		if t.After(after) && s.hours>>t.Hour()&1 == 1 && s.minutes>>t.Minute()&1 == 1 {
			return t
		}
	}
	return time.Time{}
}

// resolve returns the moment at which a clock shows a time on a date: the first one if
// there are two, and the end of the gap if there isn't one.
func resolve(date time.Time, hour, minute int, in *time.Location) time.Time {
	year, month, day := date.Date()
	t := time.Date(year, month, day, hour, minute, 0, 0, in)
	start, end := t.ZoneBounds()
	wanted := time.Date(year, month, day, hour, minute, 0, 0, time.UTC)
	switch shown := onClock(t); {
	case shown.After(wanted): // t is after the gap
		return start.In(in)
	case shown.Before(wanted): // t is before the gap
		return end.In(in)
	case start.IsZero():
		return t
	}
	_, offset := t.Zone()
	_, before := start.Add(-1).Zone()
	if earlier := t.Add(time.Duration(offset-before) * time.Second); earlier.Before(start) && onClock(earlier).Equal(wanted) {
		return earlier
	}
	return t
}

// onClock returns what a clock shows at a time, as a time in UTC.
func onClock(t time.Time) time.Time {
	year, month, day := t.Date()
	hour, minute, second := t.Clock()
	return time.Date(year, month, day, hour, minute, second, 0, time.UTC)
}

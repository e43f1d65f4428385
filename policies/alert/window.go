package alert

import (
	"slices"
	"time"
)

const (
	day = 24 * time.Hour
	// searchDays limits how far ahead the next window is searched: every weekday occurs.
	searchDays = 8
)

// Open reports whether the window is open at a time, and when that changes next. The
// window opens on a day of Days in its time zone; where the clock is set back, it lasts
// from the first occurrence of From to the last of To, and where it is set forward, a
// time that does not exist extends it.
func (w *Window) Open(now time.Time) (open bool, until time.Time) {
	zone := w.zone()
	local := now.In(zone)
	y, m, d := local.Date()
	for n := -2; n <= searchDays; n++ {
		from, to, on := w.on(time.Date(y, m, d+n, 0, 0, 0, 0, time.UTC), zone)
		switch {
		case !on || !to.After(now):
		case from.After(now):
			return false, from
		default:
			return true, w.extend(to, y, m, d+n, zone)
		}
	}
	return false, now.Add(day)
}

// extend returns the end of an open window, given the day on which it opened: the next
// day's may begin before it ends.
func (w *Window) extend(to time.Time, y int, m time.Month, d int, zone *time.Location) time.Time {
	from, next, on := w.on(time.Date(y, m, d+1, 0, 0, 0, 0, time.UTC), zone)
	if on && !from.After(to) && next.After(to) {
		return next
	}
	return to
}

func (w *Window) zone() *time.Location {
	if w.Location == nil {
		return time.UTC
	}
	return w.Location
}

// on returns the window that opens on a date. ok is false if it does not open then.
func (w *Window) on(date time.Time, zone *time.Location) (from, to time.Time, ok bool) {
	if len(w.Days) > 0 && !slices.Contains(w.Days, date.Weekday()) {
		return from, to, false
	}
	length := w.To - w.From
	if length <= 0 {
		length += day
	}
	from, _ = wall(date.Add(w.From), zone)
	_, to = wall(date.Add(w.From+length), zone)
	return from, to, to.After(from)
}

// wall returns the first and the last instant at which clocks in a time zone show the
// date and time of t, which is in UTC. If none does, it returns the ones that these
// would be with the offsets before and after the clocks were set forward.
func wall(t time.Time, zone *time.Location) (first, last time.Time) {
	_, before := t.Add(-day).In(zone).Zone()
	_, after := t.Add(day).In(zone).Zone()
	a := t.Add(-time.Duration(before) * time.Second)
	b := t.Add(-time.Duration(after) * time.Second)
	if a.Equal(b) {
		return a, a
	}
	okA, okB := shows(a, zone, t), shows(b, zone, t)
	switch {
	case okA && !okB:
		return a, a
	case okB && !okA:
		return b, b
	case b.Before(a):
		return b, a
	default:
		return a, b
	}
}

// shows reports whether clocks in a time zone show the date and time of wall at t.
func shows(t time.Time, zone *time.Location, wall time.Time) bool {
	_, offset := t.In(zone).Zone()
	return t.Add(time.Duration(offset) * time.Second).Equal(wall)
}

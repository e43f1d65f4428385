package trends

import "time"

// Day is how the time of a day, in UTC, is divided.
type Day struct {
	At           time.Time // when it begins
	*StatusPoint           // nil: nothing is known
}

// LastDays returns the span of the last days, today included.
func LastDays(count int, now time.Time) (Span, error) {
	return NewSpan(now.UTC().Truncate(day).Add(-time.Duration(count-1)*day), now, day, now)
}

// Days returns each day of a span, the oldest first, with what a chart of a status has of
// it. The step of the span must be a day.
func (s *Span) Days(chart []Point) []Day {
	var all []Day
	for at := s.From; !at.After(s.To); at = at.Add(day) {
		all = append(all, Day{At: at})
	}
	for _, p := range chart {
		if n := int(p.At.Sub(s.From) / day); n >= 0 && n < len(all) {
			all[n].StatusPoint = p.Status
		}
	}
	return all
}

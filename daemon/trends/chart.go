package trends

import (
	"context"
	"fmt"
	"time"

	"vega/policies/check"
	"vega/policies/rollup"
	"vega/store"
)

// MaxPoints limits the points of a chart.
const MaxPoints = 1000

// Span is the period of a chart, from From until To, and the step of its points.
type Span struct {
	From   time.Time `json:"from"` // when the first step begins
	To     time.Time `json:"to"`
	StepMS int64     `json:"step_ms"`

	step, base time.Duration
	now        time.Time
}

// Point is what a series was during a step. Steps without a run or a value are left out.
type Point struct {
	At     time.Time    `json:"at"`             // when the step begins
	Open   bool         `json:"open,omitempty"` // the step is not over, so the point will change
	Count  int64        `json:"count"`          // runs, or values
	Mean   *float64     `json:"mean"`           // null without a value
	Min    *float64     `json:"min"`
	Max    *float64     `json:"max"`
	Status *StatusPoint `json:"status,omitempty"` // only of the status of an integration
}

// StatusPoint is how the time of a step is divided. What no run speaks for is unknown, and
// neither it nor maintenance counts for or against the integration.
type StatusPoint struct {
	Unhealthy     int64 `json:"unhealthy"` // runs
	Unknown       int64 `json:"unknown"`   // runs
	UpMS          int64 `json:"up_ms"`
	DownMS        int64 `json:"down_ms"`
	UnknownMS     int64 `json:"unknown_ms"`
	MaintenanceMS int64 `json:"maintenance_ms"`
}

// steps are those that NewSpan chooses from.
var steps = []time.Duration{
	store.FiveMinutes, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, day, 2 * day, 7 * day,
}

// NewSpan returns the span of a chart from one time until another. Without a step, it
// chooses the shortest one that is kept for so long and has at most MaxPoints points. The
// error is a *store.InvalidError for a step that is not possible.
func NewSpan(from, to time.Time, step time.Duration, now time.Time) (Span, error) {
	if oldest := now.Add(-bases[len(bases)-1].kept - day); from.Before(oldest) {
		from = oldest // nothing is kept for longer
	}
	if to.Before(from) {
		to = from
	}
	s := Span{To: to.UTC(), now: now}
	if step > 0 {
		return s.with(from, step)
	}
	for _, step := range steps {
		if chosen, err := s.with(from, step); err == nil {
			return chosen, nil
		}
	}
	return s.with(from, 7*day)
}

// StepFor returns the shortest step of a chart that begins age ago, is as long as length
// and has about so many points.
func StepFor(age, length time.Duration, points int) time.Duration {
	least := finest(time.Unix(0, 0), time.Unix(0, 0).Add(age))
	for _, step := range steps {
		if step%least == 0 && length <= step*time.Duration(points) {
			return step
		}
	}
	return steps[len(steps)-1]
}

// with returns the span with a step.
func (s Span) with(from time.Time, step time.Duration) (Span, error) {
	invalid := func(format string, args ...any) (Span, error) {
		return s, &store.InvalidError{Field: "step", Reason: fmt.Sprintf(format, args...)}
	}
	if step%store.FiveMinutes != 0 {
		return invalid("%s is not a multiple of 5m", check.Span(step))
	}
	s.step, s.StepMS, s.From = step, step.Milliseconds(), rollup.Start(from, step)
	if points := (s.To.Sub(s.From) + step - 1) / step; points > MaxPoints {
		return invalid("%s makes %d points, and a chart has at most %d; use a longer step, or none to let vega choose", check.Span(step), points, MaxPoints)
	}
	kept := time.Duration(0)
	for _, b := range bases {
		if step%b.step != 0 {
			continue
		}
		kept = b.kept
		if s.now.Sub(from) <= b.kept+step {
			s.base = b.step
		}
	}
	if s.base == 0 {
		return invalid("%s is kept for %d days only; use a multiple of 1h or 1d for what is older, or a later beginning", check.Span(step), kept/day)
	}
	return s, nil
}

// Chart returns the points of a series, the oldest first. factor is what its values are
// multiplied with.
func (s *Span) Chart(ctx context.Context, from Store, series store.Series, factor float64) ([]Point, error) {
	buckets, err := from.History(ctx, store.HistoryQuery{Series: series, Step: s.base, Since: s.From, Until: s.To})
	if err != nil {
		return nil, err
	}
	if s.step != s.base {
		buckets = rollup.Fold(buckets, s.step)
	}
	points := make([]Point, 0, len(buckets))
	for n := range buckets {
		points = append(points, s.point(&buckets[n], series, factor))
	}
	if len(points) > 0 && points[0].Status != nil {
		err = s.complete(ctx, from, series, points)
	}
	return points, err
}

// complete counts as unknown what the time of a step lacks because no run speaks for it.
// The first step of all begins with the first run.
func (s *Span) complete(ctx context.Context, from Store, series store.Series, points []Point) error {
	known, err := s.known(ctx, from, series, points[0].At)
	if err != nil {
		return err
	}
	for n := range points {
		if p := points[n].Status; !points[n].Open && (n > 0 || known) {
			p.UnknownMS = s.StepMS - p.UpMS - p.DownMS - p.MaintenanceMS
		}
	}
	return nil
}

// known reports whether anything is known of a series before a time: of a day before, or of
// the same day.
func (s *Span) known(ctx context.Context, from Store, series store.Series, at time.Time) (bool, error) {
	day := rollup.Start(at, store.Daily)
	q := store.HistoryQuery{Series: series, Step: store.Daily, Since: time.Unix(0, 0), Until: day}
	before, err := from.History(ctx, q)
	if err != nil || len(before) > 0 || !day.Before(at) {
		return len(before) > 0, err
	}
	q.Step, q.Since, q.Until = s.base, day, at
	before, err = from.History(ctx, q)
	return len(before) > 0, err
}

func (s *Span) point(b *store.Bucket, series store.Series, factor float64) Point {
	p := Point{At: b.At.UTC(), Count: b.Runs, Open: b.At.Add(s.step).After(s.now)}
	if b.Values() > 0 {
		p.Mean, p.Min, p.Max = new(b.Mean*factor), new(b.Min*factor), new(b.Max*factor)
	}
	if series.Integration != "" && series.Metric == "" {
		p.Status = &StatusPoint{
			Unhealthy: b.Unhealthy, Unknown: b.Undecided, UpMS: b.Up.Milliseconds(), DownMS: b.Down.Milliseconds(),
			UnknownMS: b.Unknown.Milliseconds(), MaintenanceMS: b.Maintenance.Milliseconds(),
		}
	}
	return p
}

// Package uptime computes which part of a period an integration was up. It performs no
// input or output, and reads no clock.
//
// A run speaks for its integration until the next run, and for Limit at most. What no run
// speaks for is unknown. So there are two bounds: the time that it was up for certain,
// and that time with the unknown one.
package uptime

import (
	"math"
	"slices"
	"time"

	"vega/policies/check"
)

// Tally adds up the time of one integration. Call Add for each run in order of time, then
// Report. Runs before Since count only for how long they speak after it.
type Tally struct {
	Since, Until time.Time
	Limit        time.Duration // how long a run speaks at most
	// Maintenance lists periods that don't count, in order of time, without overlaps.
	Maintenance []Period

	began  time.Time // of the last run; zero: there was none
	status check.Status
	speaks time.Duration // how long that run speaks at most
	next   int           // the first maintenance that may be after began
	sums   Report
}

// Period is a time from From until To.
type Period struct{ From, To time.Time }

// Report says how the time of a period is divided. All but Maintenance add up to what
// the percentages are of.
type Report struct {
	Runs                           int
	Up, Down, Unknown, Maintenance time.Duration
}

// Add adds a run.
func (t *Tally) Add(began time.Time, s check.Status) { t.AddFor(began, s, t.Limit) }

// AddFor adds a run that speaks for another time than Limit at most.
func (t *Tally) AddFor(began time.Time, s check.Status, limit time.Duration) {
	if !began.Before(t.Until) {
		return
	}
	t.until(began)
	t.began, t.status, t.speaks = began, s, limit
	if !began.Before(t.Since) {
		t.sums.Runs++
	}
}

// until adds the time from the last run, or from Since, until a time.
func (t *Tally) until(end time.Time) {
	if t.began.IsZero() {
		t.span(t.Since, end, check.Unknown)
		return
	}
	speaks := t.began.Add(t.speaks)
	if !end.After(speaks) {
		speaks = end
	}
	t.span(t.began, speaks, t.status)
	t.span(speaks, end, check.Unknown)
}

// span adds the time between two times, as far as it is in the period.
func (t *Tally) span(from, to time.Time, s check.Status) {
	from, to = latest(from, t.Since), earliest(to, t.Until)
	if !from.Before(to) {
		return
	}
	paused := t.paused(from, to)
	t.sums.Maintenance += paused
	counts := to.Sub(from) - paused
	switch s {
	case check.Healthy, check.Degraded:
		t.sums.Up += counts
	case check.Unhealthy:
		t.sums.Down += counts
	default:
		t.sums.Unknown += counts
	}
}

// paused returns how much of a span is maintenance. Spans come in order of time.
func (t *Tally) paused(from, to time.Time) (sum time.Duration) {
	for t.next < len(t.Maintenance) && !t.Maintenance[t.next].To.After(from) {
		t.next++
	}
	for _, m := range t.Maintenance[t.next:] {
		if !m.From.Before(to) {
			break
		}
		sum += earliest(m.To, to).Sub(latest(m.From, from))
	}
	return sum
}

// Report returns the sums. Call it once, after the last Add.
func (t *Tally) Report() Report {
	t.until(t.Until)
	return t.sums
}

// Add adds the time of another period.
func (r *Report) Add(o Report) {
	r.Runs += o.Runs
	r.Up += o.Up
	r.Down += o.Down
	r.Unknown += o.Unknown
	r.Maintenance += o.Maintenance
}

// Counted returns the time that the percentages are of.
func (r Report) Counted() time.Duration { return r.Up + r.Down + r.Unknown }

// Percent returns the lowest and the highest percentage of the time that the integration
// can have been up. They are rounded to 0.001 away from each other, or both down if
// nothing is unknown. It returns false if no time counts.
func (r Report) Percent() (low, high float64, ok bool) {
	all := float64(r.Counted())
	if all <= 0 {
		return 0, 0, false
	}
	low = math.Floor(float64(r.Up)/all*1e5) / 1e3
	if r.Unknown == 0 {
		return low, low, true
	}
	return low, math.Ceil(float64(r.Up+r.Unknown)/all*1e5) / 1e3, true
}

// Merge sorts periods and joins those that overlap.
func Merge(all []Period) []Period {
	all = slices.Clone(all)
	slices.SortFunc(all, func(a, b Period) int { return a.From.Compare(b.From) })
	out := all[:0]
	for _, p := range all {
		switch n := len(out) - 1; {
		case !p.From.Before(p.To):
		case n >= 0 && !p.From.After(out[n].To):
			out[n].To = latest(out[n].To, p.To)
		default:
			out = append(out, p)
		}
	}
	return out
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earliest(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

package alert

import (
	"math"
	"time"

	"vega/policies"
	"vega/policies/check"
	"vega/policies/incident"
)

const (
	maxGap     = 10 * time.Second // evaluations that are this far apart always count
	slack      = 20               // a 20th of the gap is forgiven, because clocks are set
	maxDoubled = time.Hour        // the streak to clear and the time to reopen double up to this
	// SampleInterval is the interval at which figures are expected.
	SampleInterval = 15 * time.Second
	// defaultInterval is assumed for an integration that runs only on request.
	defaultInterval = time.Minute
)

// verdict is what an evaluation says about a condition.
type verdict uint8

const (
	unknown verdict = iota // neither confirms nor clears, and the time before the next one is not observed
	neither                // between clear and above: only keeps the phase
	good
	bad
)

// evaluation is one look at a subject.
type evaluation struct {
	verdict  verdict
	at       time.Time // when it ended
	began    time.Time // zero: at
	interval time.Duration
	message  string
	value    *float64
	muted    bool // in a maintenance window: does not count for notifications
	observed func() *incident.Observation
	down     bool // the status is unhealthy
	unit     policies.Unit
}

// effect is what an evaluation did to a watch.
type effect uint8

const (
	nothing   effect = iota
	counted          // the watch changed and is to be stored
	fired            // pending → firing
	calmed           // pending → inactive
	relapsed         // recovering → firing
	improving        // firing → recovering
	resolved         // recovering → inactive
	confirmed        // bad again as often as needed after a root or a window ended
)

// watch is one alert on one subject, in memory while it is not inactive or remembers
// when it was resolved.
type watch struct {
	incident.Watch
	rule   *rule
	node   *node   // nil if the subject is not an integration
	of     *node   // the integration that the figure is of; nil: none
	record *record // the open incident that it is part of

	absent  int       // samples in a row without this subject
	missing time.Time // since when the rows of a query do not have it
}

// evaluate applies an evaluation.
func (w *watch) evaluate(e *evaluation) effect {
	began := e.began
	if began.IsZero() {
		began = e.at
	}
	gap := min(e.interval/2, maxGap)
	passed := began.Sub(w.Evaluated)
	if !w.Evaluated.IsZero() && passed >= 0 && passed < gap-gap/slack {
		return nothing
	}
	if e.verdict == unknown {
		changed := w.Phase != incident.Inactive && !w.Unknown
		w.Unknown, w.Evaluated = true, began
		return counts(changed)
	}
	passed = min(max(passed, 0), 2*e.interval)
	if w.Unknown || w.Evaluated.IsZero() {
		passed = 0
	}
	w.Unknown, w.Evaluated = false, began
	if e.verdict == bad {
		w.Message, w.Value = e.message, e.value
	}
	switch w.Phase {
	case incident.Pending:
		return w.pending(e, passed)
	case incident.Firing:
		return w.firing(e, passed)
	case incident.Recovering:
		return w.recovering(e, passed)
	default:
		return w.inactive(e)
	}
}

func counts(changed bool) effect {
	if changed {
		return counted
	}
	return nothing
}

func (w *watch) inactive(e *evaluation) effect {
	if e.verdict != bad {
		return nothing
	}
	w.enter(incident.Pending, e.at)
	w.Bad, w.Distrust = e.at, e.muted
	w.Streak = 1
	return w.confirm(e)
}

func (w *watch) pending(e *evaluation, passed time.Duration) effect {
	if e.verdict != bad {
		w.enter(incident.Inactive, e.at)
		w.Distrust = false
		return calmed
	}
	switch {
	case e.muted:
		w.Distrust = true
		w.count(passed)
	case w.Distrust: // what was seen in the window does not count
		w.Streak, w.Observed, w.Bad, w.Distrust = 1, 0, e.at, false
	default:
		w.count(passed)
	}
	return w.confirm(e)
}

// confirm fires a pending watch that is bad often and long enough.
func (w *watch) confirm(e *evaluation) effect {
	if !w.enough() {
		return counted
	}
	w.enter(incident.Firing, e.at)
	return fired
}

func (w *watch) enough() bool {
	return w.Streak >= w.rule.After && w.Observed >= w.rule.For
}

func (w *watch) firing(e *evaluation, passed time.Duration) effect {
	switch {
	case e.verdict == good:
		w.enter(incident.Recovering, e.at)
		w.Streak = 1
		if w.clear(e) == resolved {
			return resolved
		}
		return improving
	case e.muted:
		changed := !w.Distrust || w.Streak > 0
		w.Distrust, w.Streak, w.Observed = true, 0, 0
		return counts(changed)
	case !w.Distrust:
		return nothing
	}
	if w.Streak == 0 {
		w.Bad, passed = e.at, 0
	}
	w.count(passed)
	if !w.enough() {
		return counted
	}
	w.Distrust, w.Streak, w.Observed = false, 0, 0
	return confirmed
}

func (w *watch) recovering(e *evaluation, passed time.Duration) effect {
	switch e.verdict {
	case good:
		w.count(passed)
		return w.clear(e)
	case bad:
		w.enter(incident.Firing, e.at)
		if e.muted {
			w.Distrust = true
		} else if w.Distrust {
			w.Streak, w.Bad = 1, e.at
			if w.enough() {
				w.Distrust, w.Streak = false, 0
				return confirmed
			}
		}
		return relapsed
	default:
		return nothing
	}
}

// clear resolves a recovering watch that is good often and long enough.
func (w *watch) clear(e *evaluation) effect {
	if w.rule.Event != "" {
		return w.resolve(e)
	}
	often := int64(w.rule.ClearAfter)
	often = doubled(often, w.Reopened, int64(maxDoubled/max(e.interval, time.Second)))
	long := doubled(int64(w.rule.ClearFor), w.Reopened, int64(maxDoubled))
	if int64(w.Streak) < often || int64(w.Observed) < long {
		return counted
	}
	return w.resolve(e)
}

func (w *watch) resolve(e *evaluation) effect {
	w.enter(incident.Inactive, e.at)
	w.Resolved = e.at
	return resolved
}

func (w *watch) enter(p incident.Phase, at time.Time) {
	w.Phase, w.Since, w.Streak, w.Observed = p, at, 0, 0
}

func (w *watch) count(passed time.Duration) {
	w.Streak++
	w.Observed += passed
}

// window returns the time after it was resolved in which the watch, if it fires, opens
// the same incident again.
func (w *watch) window() time.Duration {
	return time.Duration(doubled(int64(w.rule.Reopen), w.Reopened, int64(maxDoubled)))
}

// remembers reports whether the watch would reopen its incident if it fired now.
func (w *watch) remembers(now time.Time) bool {
	return w.Incident != 0 && !w.Resolved.IsZero() && w.rule.Reopen > 0 && now.Sub(w.Resolved) <= w.window()
}

// doubled doubles n some times, up to limit. A larger n is returned as it is.
func doubled(n int64, times int, limit int64) int64 {
	for range times {
		if n <= 0 || n >= limit {
			break
		}
		n = min(2*n, limit)
	}
	return n
}

// judgeStatus compares the status of a run with what the alert calls bad. An
// integration that is worse than that has not recovered.
func (a *rule) judgeStatus(s check.Status) verdict {
	switch {
	case a.has(s):
		return bad
	case s != check.Healthy && s != check.Degraded && s != check.Unhealthy:
		return unknown
	case s == check.Unhealthy && a.has(check.Degraded):
		return neither
	default:
		return good
	}
}

// judgeValue compares a figure with the bounds of the alert, given whether it is firing.
func (a *rule) judgeValue(v float64, p incident.Phase) verdict {
	if math.IsNaN(v) {
		return unknown
	}
	if a.Above != nil && v > *a.Above || a.Below != nil && v < *a.Below {
		return bad
	}
	if a.Clear == nil || a.Above != nil && v <= *a.Clear || a.Below != nil && v >= *a.Clear {
		return good
	}
	switch p {
	case incident.Firing:
		return bad
	case incident.Recovering:
		return neither
	default:
		return good
	}
}

// judgeReading evaluates a reading of a figure.
func (a *rule) judgeReading(r *policies.Reading, p incident.Phase) verdict {
	if r.Unknown != "" {
		return unknown
	}
	return a.judgeValue(r.Value, p)
}

package heartbeat

import (
	"fmt"
	"strconv"
	"time"

	"vega/policies/check"
)

// Job is the state of a job that sends pushes. It is not safe for concurrent use.
type Job struct {
	settings *Settings
	since    time.Time // the next push is expected from then on: after the last end, or when vega began to wait
	success  time.Time // the last one; zero: none
	started  time.Time // of the job that is running; zero: none
	back     time.Time // when vega came back, if it may have missed a push before; zero: it did not
	status   check.Status
	cause    check.Cause
	message  string
	looked   phase // at the last call of Look since the last push
	lookedAt time.Time
}

// New returns a job whose first push vega expects from now on.
func New(s *Settings, now time.Time) *Job { return &Job{settings: s, since: now} }

// Status returns the status of the last run, or "" before the first.
func (j *Job) Status() check.Status { return j.status }

// Waiting describes what a job without a run is waiting for.
func (j *Job) Waiting() string {
	return "no report so far; the first is expected by " + j.settings.written(j.due())
}

// Configure applies new settings. If they expect pushes at other times, the next push
// counts from now.
func (j *Job) Configure(s *Settings, now time.Time) {
	if !j.settings.sameSchedule(s) {
		j.Restart(now)
	}
	j.settings = s
}

// Restart makes the next push count from now, because the job was not expected to push
// before.
func (j *Job) Restart(now time.Time) {
	j.since, j.started, j.back, j.looked = now, time.Time{}, time.Time{}, waiting
}

// Push records what the job reports, and returns the run to store. The caller adds the
// names of the integration and its probe.
func (j *Job) Push(now time.Time, e Event) check.Run {
	took := e.Took
	if e.Kind == Start {
		j.started, took = now, -1
	} else {
		if took < 0 && !j.started.IsZero() {
			took = max(0, now.Sub(j.started))
		}
		j.started, j.since = time.Time{}, now
	}
	j.back, j.looked = time.Time{}, waiting
	switch e.Kind {
	case Success:
		j.status, j.cause, j.success = check.Healthy, check.NoCause, now
	case Fail:
		j.status, j.cause = check.Unhealthy, check.Target
	case Start:
		if j.status == "" {
			j.status, j.cause = check.Unknown, check.Host
		}
	}
	j.message = e.text()
	r := j.run(now, string(e.Kind))
	if e.Exit != nil {
		r.Details["exit_code"] = strconv.FormatInt(*e.Exit, 10)
	}
	if took >= 0 {
		r.Metrics = []check.Metric{{Name: "duration", Value: check.Milliseconds(took), Unit: "ms"}}
	}
	return r
}

// Look evaluates the job without a push, and returns the run to store.
func (j *Job) Look(now time.Time) check.Run {
	due, until := j.due(), j.doubtful()
	j.looked, j.lookedAt = j.phase(now), now
	switch j.looked {
	case waiting:
		if j.status == "" {
			j.status, j.cause, j.message = check.Unknown, check.Host, j.Waiting()
		}
		return j.run(now, evaluated)
	case doubt:
		j.status, j.cause = check.Unknown, check.Host
		j.message = fmt.Sprintf("vega was away until %s, and may have missed a report that was expected by %s; it waits for the next one until %s; %s",
			j.settings.written(j.back), j.settings.written(due), j.settings.written(until), j.lastSuccess())
		return j.run(now, missed)
	default:
		j.status, j.cause = check.Unhealthy, check.Target
		if due = latest(due, until); !j.started.IsZero() && j.back.IsZero() {
			j.message = fmt.Sprintf("the job started at %s and did not end by %s; %s", j.settings.written(j.started), j.settings.written(due), j.lastSuccess())
		} else {
			j.message = fmt.Sprintf("late: no report came by %s (%s); %s", j.settings.written(due), j.settings, j.lastSuccess())
		}
		return j.run(now, late)
	}
}

// phase is what a missing push means.
type phase int

const (
	waiting phase = iota // nothing: none is missing
	doubt                // vega may have missed it
	tardy                // the job is late
)

func (j *Job) phase(now time.Time) phase {
	switch {
	case now.Before(j.due()):
		return waiting
	case now.Before(j.doubtful()):
		return doubt
	default:
		return tardy
	}
}

// By returns when the job is late if there is no push before.
func (j *Job) By() time.Time { return latest(j.due(), j.doubtful()) }

// Wake returns when to call Look next if there is no push before. That is now if a push is
// missing, and Look has not said so yet.
func (j *Job) Wake(now time.Time) time.Time {
	switch p := j.phase(now); {
	case p == waiting:
		return j.due()
	case p != j.looked:
		return now
	case p == doubt:
		return j.doubtful()
	case j.settings.Cron == nil:
		return j.lookedAt.Add(j.settings.Interval)
	default:
		return j.settings.next(j.lookedAt).Add(j.settings.Grace)
	}
}

// Returned records that vega was away until now: stopped, suspended, or without a clock.
// A push of that time is lost. It can't have been due if less than half of an interval
// has passed since the last one, or if the schedule had no run since.
func (j *Job) Returned(now time.Time) {
	j.setBack(now)
	switch s := j.settings; {
	case !j.started.IsZero():
	case s.Cron == nil && now.Sub(j.since) < s.Interval/2:
		return
	case s.Cron != nil && now.Before(s.next(j.since)):
		return
	}
	j.back, j.looked = now, waiting
}

// setBack corrects times that are in the future, because the clock was set back or was
// wrong before. The monotonic clock counts where it can: for intervals within one life of
// vega.
func (j *Job) setBack(now time.Time) {
	wall := now.Round(0)
	if now.Before(j.since) || j.settings.Cron != nil && wall.Before(j.since.Round(0)) {
		j.since = now
	}
	if !j.back.IsZero() && wall.Before(j.back.Round(0)) {
		j.back, j.looked = now, waiting
	}
}

// due returns when the job is late.
func (j *Job) due() time.Time {
	if !j.started.IsZero() {
		return j.started.Add(j.settings.Grace)
	}
	return j.settings.next(j.since).Add(j.settings.Grace)
}

// doubtful returns until when a missing push may be vega's own fault, or the zero time.
func (j *Job) doubtful() time.Time {
	if j.back.IsZero() {
		return time.Time{}
	}
	return j.settings.next(j.back).Add(j.settings.Grace)
}

func (j *Job) lastSuccess() string {
	if j.success.IsZero() {
		return "there was no success so far"
	}
	return "last success at " + j.settings.written(j.success)
}

func latest(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

package heartbeat

import (
	"time"

	"vega/policies/check"
)

// The details of runs. Restore reads them.
const (
	eventDetail    = "event"
	sinceDetail    = "waiting_since"
	successDetail  = "last_success"
	startedDetail  = "started"
	expectedDetail = "expected_by"
)

// run returns the run that describes the state.
func (j *Job) run(now time.Time, event string) check.Run {
	r := check.Run{Status: j.status, Cause: j.cause, Message: j.message, Began: now, Details: map[string]string{
		eventDetail:    event,
		sinceDetail:    stamp(j.since),
		expectedDetail: stamp(j.By()),
	}}
	if !j.success.IsZero() {
		r.Details[successDetail] = stamp(j.success)
	}
	if !j.started.IsZero() {
		r.Details[startedDetail] = stamp(j.started)
	}
	return r
}

// Restore returns the job whose last stored run had a status, a cause, a message and
// details, after vega was away until now.
func Restore(s *Settings, status check.Status, cause check.Cause, message string, details map[string]string, now time.Time) *Job {
	j := &Job{
		settings: s, status: status, cause: cause, message: message,
		since: moment(details[sinceDetail]), success: moment(details[successDetail]), started: moment(details[startedDetail]),
	}
	if j.since.IsZero() { // not a run of a heartbeat
		return New(s, now)
	}
	if j.started.After(now) {
		j.started = now
	}
	j.Returned(now)
	return j
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// moment returns the time of a stamp, or the zero time.
func moment(stamp string) time.Time {
	t, err := time.Parse(time.RFC3339, stamp)
	if err != nil {
		return time.Time{}
	}
	return t
}

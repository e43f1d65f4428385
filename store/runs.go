package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"vega/policies/check"
)

// Runs stores the history of every integration.
type Runs interface {
	// AppendRun queues a run to be stored soon and in order, without Previous and
	// Denied. Times are stored to the millisecond, Took to the microsecond. The run
	// must not be changed afterwards. While the queue is full, AppendRun waits a second at
	// most; then the oldest runs are dropped and counted. It returns ErrNotStored if
	// the store is closed, or if ctx ends while it waits.
	AppendRun(ctx context.Context, r *check.Run) error
	// FlushRuns stores all runs that were appended before, or returns why that
	// failed. Once it has returned nil, these runs survive a kill of the
	// process.
	FlushRuns(ctx context.Context) error
	// Runs returns one page of an integration's history, without runs that are
	// still queued.
	Runs(ctx context.Context, q RunQuery) (RunPage, error)
	// LastRuns returns the last run of each of the integrations that has one,
	// without runs that are still queued, in no particular order.
	LastRuns(ctx context.Context, integrations []string) ([]check.Run, error)
	// Recent returns the end of an integration's history, without runs that are still
	// queued.
	Recent(ctx context.Context, integration string, limit int) (Recent, error)
	// Statuses calls f with each run of an integration that began from since on and
	// before until, in the order in which they began, until f returns false. It returns
	// when the first of all runs of the integration began, the zero time if there is
	// none. Runs that are still queued are left out. f must not use the store.
	Statuses(ctx context.Context, integration string, since, until time.Time, f func(began time.Time, s check.Status) bool) (first time.Time, err error)
}

// Recent is the end of an integration's history.
type Recent struct {
	// Runs are the last ones, in the order in which they ended, with their status, times
	// and duration alone.
	Runs []check.Run
	// Since is when the present status began: the start of the first of the last runs that
	// all have it. It is zero without runs. Unless the status is healthy, only the last
	// 100,000 runs are searched, so it may have begun earlier.
	Since time.Time
}

// RunQuery selects runs of one integration. A zero field selects everything.
//
// Without Since, Until and Statuses, runs are in the order in which they ended,
// the last one first. Otherwise they are in the order in which they began.
type RunQuery struct {
	Integration string
	Since       time.Time // runs that began at this time or later
	Until       time.Time // runs that began before this time
	Statuses    []check.Status
	Limit       int    // as in Query
	Cursor      string // as in Query
}

// Filtered reports whether the query selects only some of the integration's runs.
func (q *RunQuery) Filtered() bool {
	return !q.Since.IsZero() || !q.Until.IsZero() || len(q.Statuses) > 0
}

// Filter identifies the history to which a cursor of Runs belongs.
func (q *RunQuery) Filter() string {
	filter := "runs " + q.Integration
	if !q.Filtered() {
		return filter
	}
	var statuses []string
	for _, s := range q.Statuses {
		statuses = append(statuses, string(s))
	}
	slices.Sort(statuses)
	return fmt.Sprintf("%s from %d to %d with %s", filter, millis(q.Since), millis(q.Until), strings.Join(slices.Compact(statuses), " "))
}

// millis returns the milliseconds of a time since 1970, rounded up, because runs
// are stored to the millisecond. It returns 0 for the zero time.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Add(time.Millisecond - time.Nanosecond).UnixMilli()
}

// Bounds returns Since and Until in milliseconds since 1970. A bound that is not
// set is the lowest or highest number.
func (q *RunQuery) Bounds() (since, until int64) {
	since, until = first.Key*-1, first.Key
	if !q.Since.IsZero() {
		since = millis(q.Since)
	}
	if !q.Until.IsZero() {
		until = millis(q.Until)
	}
	return since, until
}

// Validate returns an *InvalidError for a status that no run can have.
func (q *RunQuery) Validate() error {
	for _, s := range q.Statuses {
		if !slices.Contains(statuses, s) {
			return &InvalidError{"status", fmt.Sprintf("no run has the status %q; use healthy, degraded, unhealthy or unknown", check.Clip(string(s), 40))}
		}
	}
	return nil
}

// RunPage is one page of an integration's history, newest first.
type RunPage struct {
	Runs []check.Run
	Next string // cursor of the next page, "" on the last
}

// ValidateRun rejects a run whose status or cause cannot be stored.
func ValidateRun(r *check.Run) error {
	if !slices.Contains(statuses, r.Status) || !slices.Contains(causes, r.Cause) {
		return fmt.Errorf("store a run of %s: there is no status %q with cause %q", r.Integration, r.Status, r.Cause)
	}
	return nil
}

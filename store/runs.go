package store

import (
	"context"
	"fmt"
	"slices"

	"vega/policies/check"
)

// Runs stores the history of every integration.
type Runs interface {
	// AppendRun queues a run to be stored soon and in order, without Previous and
	// Denied. Times are stored to the millisecond, Took to the microsecond. The run
	// must not be changed afterwards. AppendRun blocks while runs arrive faster than
	// they are written. It returns ErrNotStored when it had to drop the run.
	AppendRun(ctx context.Context, r *check.Run) error
	// FlushRuns stores all runs that were appended before, or returns why that
	// failed. Once it has returned nil, these runs survive a kill of the
	// process.
	FlushRuns(ctx context.Context) error
	// Runs returns one page of an integration's history, without runs that are
	// still queued. Limit and cursor are as in Query.
	Runs(ctx context.Context, integration, cursor string, limit int) (RunPage, error)
}

// RunPage is one page of an integration's history, newest first.
type RunPage struct {
	Runs []check.Run
	Next string // cursor of the next page, "" on the last
}

// RunFilter identifies the history to which a cursor of Runs belongs.
func RunFilter(integration string) string { return "runs " + integration }

// ValidateRun rejects a run whose status or cause cannot be stored.
func ValidateRun(r *check.Run) error {
	if !slices.Contains(statuses, r.Status) || !slices.Contains(causes, r.Cause) {
		return fmt.Errorf("store a run of %s: there is no status %q with cause %q", r.Integration, r.Status, r.Cause)
	}
	return nil
}

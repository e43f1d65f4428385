package store

import (
	"errors"
	"fmt"
)

// Errors that callers compare with errors.Is.
var (
	// ErrNotFound means that no entry has this ID or key.
	ErrNotFound = errors.New("no such entry")
	// ErrQuota means that an integration would keep more than it was granted.
	ErrQuota = errors.New("quota exceeded")
	// ErrNotStored means that a run was not queued: the store is closed, or the
	// caller stopped waiting for room in the queue.
	ErrNotStored = errors.New("the run was not stored")
)

// UnavailableError reports that the store can't be written for now, whatever is
// written.
type UnavailableError struct {
	Reason string // why, and what to do; without the path
	Full   bool   // the disk is full
	Err    error
}

// Error returns the whole error.
func (e *UnavailableError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *UnavailableError) Unwrap() error { return e.Err }

// ManySeriesError reports that values of a metric block were left out, because its history
// has MaxSeries series. All other values are stored.
type ManySeriesError struct {
	Metric string // one of the blocks
	Left   int    // how many values were left out
}

// Error names the block, and says what to do.
func (e *ManySeriesError) Error() string {
	return fmt.Sprintf("the history of the metric %s has %d series, the maximum, so it leaves out new ones: choose labels that have few values, and give the block another name", e.Metric, MaxSeries)
}

// Lost returns how many values were left out.
func (e *ManySeriesError) Lost() int { return e.Left }

// InvalidError reports a value that a caller must change.
type InvalidError struct {
	Field  string
	Reason string // shown to the client that sent the value
}

// Error returns the field and the reason.
func (e *InvalidError) Error() string { return e.Field + ": " + e.Reason }

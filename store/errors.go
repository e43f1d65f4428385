package store

import "errors"

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

// InvalidError reports a value that a caller must change.
type InvalidError struct {
	Field  string
	Reason string // shown to the client that sent the value
}

// Error returns the field and the reason.
func (e *InvalidError) Error() string { return e.Field + ": " + e.Reason }

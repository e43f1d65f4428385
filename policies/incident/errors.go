package incident

import "errors"

// Errors that callers compare with errors.Is.
var (
	// ErrNotFound means that no incident or silence has this ID.
	ErrNotFound = errors.New("no such entry")
	// ErrEnded means that the incident or the silence has ended, so that it can't be
	// changed.
	ErrEnded = errors.New("it has ended")
)

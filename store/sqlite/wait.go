package sqlite

import (
	"context"
	"errors"
	"fmt"
	"time"

	sqlite3 "modernc.org/sqlite/lib"
)

// ErrLocked means that another connection, usually of another process, locked
// the file until the deadline.
var ErrLocked = errors.New("locked by another connection")

// How long waitForLock pauses between two attempts.
const (
	firstPause = time.Millisecond
	maxPause   = 50 * time.Millisecond
)

// waitForLock calls f again while another connection has the file locked, until
// ctx ends. SQLite would wait for a
// fixed time, whatever the deadline.
func waitForLock(ctx context.Context, f func() error) error {
	for pause := firstPause; ; pause = min(2*pause, maxPause) {
		err := f()
		if code(err) != sqlite3.SQLITE_BUSY {
			return err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", ErrLocked, ctx.Err())
		}
	}
}

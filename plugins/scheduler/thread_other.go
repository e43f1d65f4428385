//go:build !linux

package scheduler

import "time"

// threadClock returns nil: the wall clock has to do.
func threadClock() func() time.Duration { return nil }

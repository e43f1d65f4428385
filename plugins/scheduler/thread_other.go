//go:build !linux

package scheduler

import "time"

// threadClock returns nil, which means that the wall clock is used instead.
func threadClock() func() time.Duration { return nil }

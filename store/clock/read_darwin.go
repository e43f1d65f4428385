package clock

import (
	"time"

	"golang.org/x/sys/unix"
)

// boot returns the time since the machine started, including suspension, or 0 if the
// kernel does not tell it.
func boot() time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &t); err != nil { // of Darwin, it counts suspension
		return 0
	}
	return time.Duration(t.Nano())
}

package scheduler

import (
	"time"

	"golang.org/x/sys/unix"
)

// threadClock returns a clock of the CPU time that the calling thread uses from
// now on. Other threads may read the clock. It returns nil if the kernel does
// not support one.
func threadClock() func() time.Duration {
	clock := threadClockID(unix.Gettid())
	began, ok := readClock(clock)
	if !ok {
		return nil
	}
	return func() time.Duration {
		now, _ := readClock(clock) // reading it worked before, and the thread still exists
		return now - began
	}
}

// threadClockID returns the ID of a thread's CPU-time clock, as
// pthread_getcpuclockid composes it.
func threadClockID(tid int) int32 {
	const perThread, scheduled = 4, 2
	return int32(^tid)<<3 | perThread | scheduled
}

func readClock(id int32) (time.Duration, bool) {
	var t unix.Timespec
	if err := unix.ClockGettime(id, &t); err != nil {
		return 0, false
	}
	return time.Duration(t.Nano()), true
}

package plugins

import (
	"time"

	"golang.org/x/sys/unix"
)

// threadClock is how much processor time the calling thread uses from now on.
// It can be read from other threads. It answers nil where the kernel does not
// tell.
func threadClock() func() time.Duration {
	clock := threadClockID(unix.Gettid())
	began, ok := readClock(clock)
	if !ok {
		return nil
	}
	return func() time.Duration {
		now, _ := readClock(clock) // it was read before, and the thread is still there
		return now - began
	}
}

// threadClockID is the clock of a thread's processor time, as
// pthread_getcpuclockid makes it: what RUSAGE_THREAD tells to the thread itself.
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

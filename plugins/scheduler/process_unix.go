//go:build unix

package scheduler

import (
	"time"

	"golang.org/x/sys/unix"
)

// ProcessTime returns the CPU time that this process has used, or 0 if the
// system does not report it.
func ProcessTime() time.Duration {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

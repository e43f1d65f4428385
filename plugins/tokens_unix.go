//go:build unix

package plugins

import (
	"time"

	"golang.org/x/sys/unix"
)

// processTime is the processor time that this process has used; 0 where the
// system does not tell.
func processTime() time.Duration {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

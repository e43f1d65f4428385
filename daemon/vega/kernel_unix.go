//go:build unix

package main

import (
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// ownFiles clears the owner's bits of the umask. With a umask that takes them away,
// vega could not read its own database and key again.
func ownFiles() {
	mask := syscall.Umask(0o077)
	syscall.Umask(mask &^ 0o700)
}

// monotonic returns the time by CLOCK_MONOTONIC, which package time does not show; 0 if it
// can't be read.
func monotonic() time.Duration {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now); err != nil {
		return 0
	}
	return time.Duration(now.Nano())
}

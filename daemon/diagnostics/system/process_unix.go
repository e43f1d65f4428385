//go:build unix

package system

import (
	"fmt"
	"os"
	"syscall"
	"time"
)

// FileLimits returns the limits on open files of this process.
func FileLimits() (soft, hard uint64, err error) {
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
		return 0, 0, fmt.Errorf("read the limit on open files: %w", err)
	}
	return uint64(l.Cur), uint64(l.Max), nil //nolint:unconvert // signed on FreeBSD
}

// ProcessTime returns the CPU time that all threads of this process have used.
func ProcessTime() (time.Duration, error) {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0, fmt.Errorf("read the CPU time of this process: %w", err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), nil
}

// deviceOf returns the device ID of a path's file system, or 0 if it is unknown. It
// may hang.
func deviceOf(path string) uint64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0
	}
	return uint64(st.Dev) //nolint:unconvert // 32 bits on macOS
}

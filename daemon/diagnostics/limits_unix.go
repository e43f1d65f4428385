//go:build unix

package diagnostics

import (
	"fmt"
	"os"
	"syscall"
	"time"
)

func fileLimits() (soft, hard uint64, err error) {
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
		return 0, 0, fmt.Errorf("ask for the limit of open files: %w", err)
	}
	return uint64(l.Cur), uint64(l.Max), nil //nolint:unconvert // signed on FreeBSD
}

// processTime is the processor time that this process has used, all threads
// together.
func processTime() (time.Duration, error) {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0, fmt.Errorf("ask for the processor time used: %w", err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), nil
}

// deviceOf is 0 where it is not known. It may hang.
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

//go:build unix

package shortage

import (
	"math"
	"syscall"
)

// Limit returns how many descriptors this process may have open. ok is false if the limit is unknown.
func Limit() (n int, ok bool) {
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
		return 0, false
	}
	return int(min(uint64(l.Cur), math.MaxInt32)), true //nolint:unconvert // it is signed on some systems
}

// Raise raises the limit to the maximum that this process may set, which Go's
// runtime does already on most systems, and returns the resulting limit.
func Raise() (n int, ok bool) {
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l); err == nil && l.Cur < l.Max {
		l.Cur = l.Max
		_ = syscall.Setrlimit(syscall.RLIMIT_NOFILE, &l) // if refused, Limit returns the old limit
	}
	return Limit()
}

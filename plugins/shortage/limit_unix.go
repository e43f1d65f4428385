//go:build unix

package shortage

import (
	"math"
	"syscall"
)

// Limit returns how many descriptors this process may have open. It reports
// false where the system sets no such limit.
func Limit() (n int, ok bool) {
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
		return 0, false
	}
	return int(min(uint64(l.Cur), math.MaxInt32)), true //nolint:unconvert // it is signed on some systems
}

// Raise raises the limit to the most that this process may set, which Go's
// runtime has done already on most systems, and returns what holds then.
func Raise() (n int, ok bool) {
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l); err == nil && l.Cur < l.Max {
		l.Cur = l.Max
		_ = syscall.Setrlimit(syscall.RLIMIT_NOFILE, &l) // refused: the old limit holds, and is what is returned
	}
	return Limit()
}

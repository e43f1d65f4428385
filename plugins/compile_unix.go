//go:build unix && !race

package plugins

import (
	"time"

	"golang.org/x/sys/unix"
)

// limitProcess bounds this process for good, and lets others go first. The
// kernel kills it where it has used the processor for so long, to the second.
func limitProcess(processor time.Duration) error {
	seconds := uint64(processor / time.Second)
	if err := unix.Setrlimit(unix.RLIMIT_CPU, &unix.Rlimit{Cur: seconds, Max: seconds}); err != nil {
		return err
	}
	if err := unix.Setrlimit(unix.RLIMIT_AS, &unix.Rlimit{Cur: compileMemory, Max: compileMemory}); err != nil {
		return err
	}
	if err := unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}); err != nil {
		return err
	}
	return unix.Setpriority(unix.PRIO_PROCESS, 0, 10)
}

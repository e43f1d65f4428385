//go:build unix && !race

package plugins

import "golang.org/x/sys/unix"

// limitProcess bounds this process for good, and lets others go first.
func limitProcess() error {
	if err := unix.Setrlimit(unix.RLIMIT_AS, &unix.Rlimit{Cur: compileMemory, Max: compileMemory}); err != nil {
		return err
	}
	if err := unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}); err != nil {
		return err
	}
	return unix.Setpriority(unix.PRIO_PROCESS, 0, 10)
}

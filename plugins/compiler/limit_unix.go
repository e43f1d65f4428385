//go:build unix && !race

package compiler

import (
	"time"

	"golang.org/x/sys/unix"
)

// LimitProcess limits the CPU time, in whole seconds, and the address space of
// this process until it ends, and lowers its priority. The kernel kills a process
// that has used up its CPU time.
func LimitProcess(processor time.Duration) error {
	seconds := uint64(processor / time.Second)
	if err := unix.Setrlimit(unix.RLIMIT_CPU, &unix.Rlimit{Cur: seconds, Max: seconds}); err != nil {
		return err
	}
	if err := unix.Setrlimit(unix.RLIMIT_AS, &unix.Rlimit{Cur: maxAddressSpace, Max: maxAddressSpace}); err != nil {
		return err
	}
	if err := unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}); err != nil {
		return err
	}
	return unix.Setpriority(unix.PRIO_PROCESS, 0, 10)
}

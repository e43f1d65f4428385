package diagnostics

import (
	"errors"
	"syscall"
	"time"
)

var errNoFileLimit = errors.New("this system has no limit of open files for each process")

func fileLimits() (soft, hard uint64, err error) { return 0, 0, errNoFileLimit }

// processTime is the processor time that this process has used, all threads
// together.
func processTime() (time.Duration, error) {
	var created, ended, kernel, user syscall.Filetime
	self, err := syscall.GetCurrentProcess()
	if err != nil {
		return 0, err
	}
	if err := syscall.GetProcessTimes(self, &created, &ended, &kernel, &user); err != nil {
		return 0, err
	}
	return duration(kernel) + duration(user), nil
}

// duration is of units of 100 ns.
func duration(t syscall.Filetime) time.Duration {
	return time.Duration(uint64(t.HighDateTime)<<32|uint64(t.LowDateTime)) * 100
}

// deviceOf is not known.
func deviceOf(string) uint64 { return 0 }

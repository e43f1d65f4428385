package system

import (
	"errors"
	"syscall"
	"time"
)

var errNoFileLimit = errors.New("Windows does not limit the open files of a process")

// FileLimits returns an error.
func FileLimits() (soft, hard uint64, err error) { return 0, 0, errNoFileLimit }

// ProcessTime returns the CPU time that all threads of this process have used.
func ProcessTime() (time.Duration, error) {
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

// duration converts units of 100 ns.
func duration(t syscall.Filetime) time.Duration {
	return time.Duration(uint64(t.HighDateTime)<<32|uint64(t.LowDateTime)) * 100
}

// deviceOf returns 0, because the device ID is unknown.
func deviceOf(string) uint64 { return 0 }

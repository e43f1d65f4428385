package realtest

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Spent returns the CPU time that this process and its finished children have
// used. It does not depend on how busy the machine is.
func Spent(t testing.TB) time.Duration {
	t.Helper()
	sum := time.Duration(0)
	for _, who := range []int{syscall.RUSAGE_SELF, syscall.RUSAGE_CHILDREN} {
		var u syscall.Rusage
		if err := syscall.Getrusage(who, &u); err != nil {
			t.Fatal(err)
		}
		sum += time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	return sum
}

// SpentBy returns the CPU time of another process, or 0 if the process does not
// exist.
func SpentBy(pid int) time.Duration {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	const user, hundredths = 11, 10 * time.Millisecond
	var ticks int64
	for _, f := range fields[user : user+2] {
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			return 0
		}
		ticks += n
	}
	return time.Duration(ticks) * hundredths
}

// Busy returns a function that reports whether this or another process has had to
// wait for a CPU since the call of Busy. If so, vega may have had to wait too. If
// the kernel does not count waits, the function returns true.
func Busy() (since func() bool) {
	began, own, others := time.Now(), waited(), pressure()
	return func() bool {
		for _, w := range []struct {
			before, after time.Duration
			share         time.Duration // 1/share of the time is negligible
		}{{own, waited(), 50}, {others, pressure(), 5}} {
			if w.before < 0 || w.after-w.before >= time.Since(began)/w.share {
				return true
			}
		}
		return false
	}
}

// waited returns how long all threads of this process have waited for a CPU, or -1
// if the kernel does not count that.
func waited() (sum time.Duration) {
	files, _ := filepath.Glob("/proc/self/task/*/schedstat") // the pattern is well formed
	if len(files) == 0 {
		return -1
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // the thread has ended
		}
		if fields := strings.Fields(string(text)); len(fields) == 3 {
			ns, _ := strconv.ParseInt(fields[1], 10, 64) // 0 if the field is not a number
			sum += time.Duration(ns)
		}
	}
	return sum
}

// pressure returns how long any task on the machine has waited for a CPU, or -1 if
// the kernel does not count that.
func pressure() time.Duration {
	text, err := os.ReadFile("/proc/pressure/cpu")
	if err != nil {
		return -1
	}
	_, after, _ := strings.Cut(string(text), "total=")
	line, _, _ := strings.Cut(after, "\n")
	us, err := strconv.ParseInt(line, 10, 64)
	if err != nil {
		return -1
	}
	return time.Duration(us) * time.Microsecond
}

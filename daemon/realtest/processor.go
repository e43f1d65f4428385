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

// Spent returns the processor time that this process and those that it has
// waited for have used. How busy the machine is makes no difference to it.
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

// SpentBy returns the processor time of another process; 0 where there is none.
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

// Busy returns what tells, when it is called, whether this process or others had
// to wait for a processor since then, so that a vega may have had none. Where
// the kernel does not count that, it may be.
func Busy() (since func() bool) {
	began, own, others := time.Now(), waited(), pressure()
	return func() bool {
		for _, w := range []struct {
			before, after time.Duration
			share         time.Duration // of the time, that is little
		}{{own, waited(), 50}, {others, pressure(), 5}} {
			if w.before < 0 || w.after-w.before >= time.Since(began)/w.share {
				return true
			}
		}
		return false
	}
}

// waited is how long the threads of this process were ready to run and had no
// processor, all together; -1 where that is not counted.
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
			ns, _ := strconv.ParseInt(fields[1], 10, 64) // 0 if it is no number
			sum += time.Duration(ns)
		}
	}
	return sum
}

// pressure is how long anything on the machine was ready to run and had no
// processor; -1 where that is not counted.
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

package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// cpuOf returns the user and system time of a process so far, without its children,
// with a resolution of nanoseconds.
func cpuOf(pid int) time.Duration {
	const schedClock = 2 // CPUCLOCK_SCHED: <linux/posix-timers.h>
	var t unix.Timespec
	if err := unix.ClockGettime(int32(^pid<<3|schedClock), &t); err != nil {
		panic(fmt.Sprintf("read the CPU clock of process %d: %v", pid, err)) // our own running child
	}
	return time.Duration(t.Nano())
}

// cpuOfSelf returns the CPU time of this process.
func cpuOfSelf() time.Duration { return cpuOf(os.Getpid()) }

// cpuOfChildren returns the CPU time of finished children.
func cpuOfChildren() time.Duration {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_CHILDREN, &u); err != nil {
		panic(fmt.Sprintf("getrusage: %v", err)) // can't fail with these arguments
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// footprint counts the resources that a process holds.
type footprint struct {
	rss, peak             int64 // bytes
	anonymous, file, shm  int64 // the parts of rss
	fds, mappings, thread int
}

func footprintOf(pid int) (footprint, error) {
	var f footprint
	proc := filepath.Join("/proc", strconv.Itoa(pid))
	status, err := os.ReadFile(filepath.Join(proc, "status"))
	if err != nil {
		return f, err
	}
	for line := range strings.Lines(string(status)) {
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		n, _ := strconv.ParseInt(fields[1], 10, 64) // 0 for other lines
		switch fields[0] {
		case "VmRSS:":
			f.rss = n << 10
		case "VmHWM:":
			f.peak = n << 10
		case "RssAnon:":
			f.anonymous = n << 10
		case "RssFile:":
			f.file = n << 10
		case "RssShmem:":
			f.shm = n << 10
		case "Threads:":
			f.thread = int(n)
		}
	}
	fds, err := os.ReadDir(filepath.Join(proc, "fd"))
	if err != nil {
		return f, err
	}
	maps, err := os.ReadFile(filepath.Join(proc, "maps"))
	f.fds, f.mappings = len(fds), bytes.Count(maps, []byte("\n"))
	return f, err
}

// floor measures how late a timer of this process fires. This is the part of every
// lateness figure that the machine and its other work cause. The returned function
// ends the measurement.
func floor(ctx context.Context) func() []time.Duration {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan []time.Duration)
	go func() {
		var late []time.Duration
		for ctx.Err() == nil {
			due := time.Now().Add(10 * time.Millisecond)
			time.Sleep(time.Until(due))
			late = append(late, time.Since(due))
		}
		done <- late
	}()
	return func() []time.Duration {
		cancel()
		return <-done
	}
}

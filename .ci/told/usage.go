package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// usage is what a process has used so far, as /proc says.
type usage struct {
	at      time.Time
	cpu     time.Duration
	rss     int64 // bytes
	written int64 // bytes, to storage
}

// usageOf returns what a process has used. Fields that can't be read are 0.
func usageOf(pid int) usage {
	u := usage{at: time.Now()}
	proc := "/proc/" + strconv.Itoa(pid)
	stat, _ := os.ReadFile(proc + "/stat") // fails when the process has ended
	if _, after, ok := strings.Cut(string(stat), ") "); ok {
		f := strings.Fields(after)
		user, _ := strconv.ParseInt(f[11], 10, 64)
		system, _ := strconv.ParseInt(f[12], 10, 64)
		u.cpu = time.Duration(user+system) * 10 * time.Millisecond // USER_HZ is 100
	}
	u.rss = procField(proc+"/status", "VmRSS:") << 10
	u.written = procField(proc+"/io", "write_bytes:")
	return u
}

func procField(path, name string) int64 {
	text, _ := os.ReadFile(path) // fails when the process has ended
	for line := range strings.Lines(string(text)) {
		if f := strings.Fields(line); len(f) > 1 && f[0] == name {
			n, _ := strconv.ParseInt(f[1], 10, 64)
			return n
		}
	}
	return 0
}

// meter records the usage of a process each second.
type meter struct {
	all  []usage
	done chan struct{}
	stop context.CancelFunc
}

func startMeter(ctx context.Context, pid int) *meter {
	ctx, cancel := context.WithCancel(ctx)
	m := &meter{done: make(chan struct{}), stop: cancel}
	go func() {
		defer close(m.done)
		for ctx.Err() == nil {
			m.all = append(m.all, usageOf(pid))
			_ = pause(ctx, time.Second) // ends with ctx
		}
	}()
	return m
}

// end ends the recording. Read the meter only afterwards.
func (m *meter) end() {
	m.stop()
	<-m.done
}

// between describes the usage in a time.
func (m *meter) between(from, to time.Time) string {
	var first, last usage
	peak := 0.0
	rss := int64(0)
	for _, u := range m.all {
		if u.at.Before(from) || u.at.After(to) {
			continue
		}
		if first.at.IsZero() {
			first, last = u, u
			continue
		}
		peak = max(peak, float64(u.cpu-last.cpu)/float64(u.at.Sub(last.at)))
		rss = max(rss, u.rss)
		last = u
	}
	passed := max(last.at.Sub(first.at).Seconds(), 1)
	return fmt.Sprintf("CPU %.0f %% of a core (peak second %.0f %%), RSS ≤ %d MiB, %.0f KiB/s written",
		100*(last.cpu-first.cpu).Seconds()/passed, 100*peak, rss>>20, float64(last.written-first.written)/passed/1024)
}

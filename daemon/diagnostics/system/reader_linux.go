package system

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/shirou/gopsutil/v3/common"
	"github.com/shirou/gopsutil/v3/load"

	"vega/daemon/diagnostics/kernelfile"
)

// ticks is the number of units of CPU time in /proc per second. It is 100 on every
// platform that Go supports.
const ticks = 100

// Reader reads the state of the operating system and of this process. It is safe for concurrent use.
type Reader struct {
	root    string // precedes every path in /proc and /sys; "" except in tests
	walk    walkCache
	gopsenv common.EnvMap
}

// New returns a Reader.
func New() *Reader { return newAt("") }

func newAt(root string) *Reader {
	return &Reader{root: root, gopsenv: common.EnvMap{common.HostProcEnvKey: root + "/proc", common.HostSysEnvKey: root + "/sys"}}
}

// env makes gopsutil read the same /proc and /sys as Reader, regardless of its
// environment variables.
func (r *Reader) env(ctx context.Context) context.Context {
	return context.WithValue(ctx, common.EnvKey, r.gopsenv)
}

func (r *Reader) read(path string) (string, error) { return kernelfile.Read(r.root + path) }

// ProcessMemory returns the memory of this process.
func (r *Reader) ProcessMemory(context.Context) (rss, vms uint64, err error) {
	text, err := r.read("/proc/self/statm")
	if err != nil {
		return 0, 0, err
	}
	var pages [2]uint64
	fields := strings.Fields(text)
	for n := range pages {
		if len(fields) < len(pages) {
			return 0, 0, kernelfile.Malformed("/proc/self/statm", text)
		}
		if pages[n], err = strconv.ParseUint(fields[n], 10, 64); err != nil {
			return 0, 0, kernelfile.Malformed("/proc/self/statm", text)
		}
	}
	size := uint64(os.Getpagesize())
	return pages[1] * size, pages[0] * size, nil
}

// Threads counts the threads of this process by the link count of /proc/self/task,
// without the two links of the directory itself.
func (r *Reader) Threads(context.Context) (int, error) {
	var st syscall.Stat_t
	if err := syscall.Stat(r.root+"/proc/self/task", &st); err != nil {
		return 0, fmt.Errorf("count the threads in /proc/self/task: %w", err)
	}
	return max(1, int(st.Nlink)-2), nil
}

// Loads returns the load averages of 1, 5 and 15 minutes.
func (r *Reader) Loads(ctx context.Context) ([3]float64, error) {
	l, err := load.AvgWithContext(r.env(ctx))
	if err != nil {
		return [3]float64{}, err
	}
	return [3]float64{l.Load1, l.Load5, l.Load15}, nil
}

// Pressure reads the pressure of "cpu", "memory" or "io" on the host.
func (r *Reader) Pressure(resource string) (string, error) {
	return r.read("/proc/pressure/" + resource)
}

// HostTimes returns the CPU time of the host, from the first line of /proc/stat.
// Guest time is already part of user and nice. Stolen time was not available to the
// host, so it counts as busy.
func (r *Reader) HostTimes() (HostTimes, error) {
	text, err := r.read("/proc/stat")
	if err != nil {
		return HostTimes{}, err
	}
	var t HostTimes
	for line := range strings.Lines(text) {
		name, figures, _ := strings.Cut(line, " ")
		switch {
		case name == "cpu":
			if err := t.add(figures); err != nil {
				return t, kernelfile.Malformed("/proc/stat", line)
			}
		case strings.HasPrefix(name, "cpu"):
			t.Cores++
		default: // the CPUs come first
			return t, nil
		}
	}
	return t, nil
}

func (t *HostTimes) add(figures string) error {
	const idle, iowait, steal = 3, 4, 7
	for n, figure := range strings.Fields(figures) {
		v, err := strconv.ParseFloat(figure, 64)
		if err != nil {
			return err
		}
		if n > steal {
			break
		}
		t.Total += v
		if n != idle && n != iowait {
			t.Busy += v
		}
	}
	return nil
}

// StartTime returns when this process started. It counts back from now, since the
// kernel reports the boot time only in whole seconds.
func (r *Reader) StartTime() (time.Time, error) {
	stat, err := r.read("/proc/self/stat")
	if err != nil {
		return time.Time{}, err
	}
	uptime, err := r.read("/proc/uptime")
	if err != nil {
		return time.Time{}, err
	}
	now := time.Now()
	p, ok := parseProcess(stat)
	first, _, _ := strings.Cut(uptime, " ")
	up, err := strconv.ParseFloat(first, 64)
	if err != nil || !ok {
		return time.Time{}, kernelfile.Malformed("/proc/self/stat or /proc/uptime", uptime)
	}
	age := time.Duration((up - float64(p.Started)/ticks) * float64(time.Second))
	return now.Add(-age).Round(time.Second / ticks), nil
}

// WorkingDirectory returns the working directory of this process. It asks the
// kernel, not the file system, which may hang.
func (r *Reader) WorkingDirectory() (string, error) { return os.Readlink(r.root + "/proc/self/cwd") }

// OpenFiles counts the open files of this process. Since Linux 6.2 the count is the
// size of /proc/self/fd. Before that, the size is 0, so OpenFiles counts the
// entries, except for the directory's own.
func (r *Reader) OpenFiles() (int, error) {
	var st syscall.Stat_t
	if err := syscall.Stat(r.root+"/proc/self/fd", &st); err != nil {
		return 0, fmt.Errorf("count the open files in /proc/self/fd: %w", err)
	}
	if st.Size > 0 {
		return int(st.Size), nil
	}
	names, err := kernelfile.Names(r.root + "/proc/self/fd")
	return len(names) - 1, err
}

package diagnostics

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
)

// ticks is the unit of processor time in /proc, to a second. It is 100 on all
// that Go runs on.
const ticks = 100

// system reads Linux. root stands before every path in /proc and /sys: "" but
// in tests.
type system struct {
	root    string
	groups  groupCache
	walk    walkCache
	gopsenv common.EnvMap
}

func newSystem() *system { return newSystemAt("") }

func newSystemAt(root string) *system {
	return &system{root: root, gopsenv: common.EnvMap{common.HostProcEnvKey: root + "/proc", common.HostSysEnvKey: root + "/sys"}}
}

// env has gopsutil look where the rest does, whatever the environment says.
func (s *system) env(ctx context.Context) context.Context {
	return context.WithValue(ctx, common.EnvKey, s.gopsenv)
}

func (s *system) read(path string) (string, error) { return slurp(s.root + path) }

func (s *system) processMemory(context.Context) (rss, vms uint64, err error) {
	text, err := s.read("/proc/self/statm")
	if err != nil {
		return 0, 0, err
	}
	var pages [2]uint64
	fields := strings.Fields(text)
	for n := range pages {
		if len(fields) < len(pages) {
			return 0, 0, malformed("/proc/self/statm", text)
		}
		if pages[n], err = strconv.ParseUint(fields[n], 10, 64); err != nil {
			return 0, 0, malformed("/proc/self/statm", text)
		}
	}
	size := uint64(os.Getpagesize())
	return pages[1] * size, pages[0] * size, nil
}

func malformed(path, text string) error {
	const most = 80
	return fmt.Errorf("read %s: %.*q is not what the kernel is known to write", path, most, text)
}

// threads are the links of /proc/self/task: a directory has two of its own.
func (s *system) threads(context.Context) (int, error) {
	var st syscall.Stat_t
	if err := syscall.Stat(s.root+"/proc/self/task", &st); err != nil {
		return 0, fmt.Errorf("count the threads in /proc/self/task: %w", err)
	}
	return max(1, int(st.Nlink)-2), nil
}

func (s *system) loads(ctx context.Context) ([3]float64, error) {
	l, err := load.AvgWithContext(s.env(ctx))
	if err != nil {
		return [3]float64{}, err
	}
	return [3]float64{l.Load1, l.Load5, l.Load15}, nil
}

func (s *system) pressure(resource string) (string, error) {
	return s.read("/proc/pressure/" + resource)
}

// hostTimes reads the first line of /proc/stat. Guests are in user and nice
// already; what the hypervisor stole could not be used, so that it is busy.
func (s *system) hostTimes() (hostTimes, error) {
	text, err := s.read("/proc/stat")
	if err != nil {
		return hostTimes{}, err
	}
	var t hostTimes
	for line := range strings.Lines(text) {
		name, figures, _ := strings.Cut(line, " ")
		switch {
		case name == "cpu":
			if err := t.add(figures); err != nil {
				return t, malformed("/proc/stat", line)
			}
		case strings.HasPrefix(name, "cpu"):
			t.cores++
		default: // processors come first
			return t, nil
		}
	}
	return t, nil
}

func (t *hostTimes) add(figures string) error {
	const idle, iowait, steal = 3, 4, 7
	for n, figure := range strings.Fields(figures) {
		v, err := strconv.ParseFloat(figure, 64)
		if err != nil {
			return err
		}
		if n > steal {
			break
		}
		t.total += v
		if n != idle && n != iowait {
			t.busy += v
		}
	}
	return nil
}

// startTime counts back from now, since the time at boot that the kernel tells
// is in whole seconds.
func (s *system) startTime() (time.Time, error) {
	stat, err := s.read("/proc/self/stat")
	if err != nil {
		return time.Time{}, err
	}
	uptime, err := s.read("/proc/uptime")
	if err != nil {
		return time.Time{}, err
	}
	now := time.Now()
	p, ok := parseProcess(stat)
	first, _, _ := strings.Cut(uptime, " ")
	up, err := strconv.ParseFloat(first, 64)
	if err != nil || !ok {
		return time.Time{}, malformed("/proc/self/stat or /proc/uptime", uptime)
	}
	age := time.Duration((up - float64(p.started)/ticks) * float64(time.Second))
	return now.Add(-age).Round(time.Second / ticks), nil
}

// workingDirectory asks the kernel's table, not the file system, which may
// hang.
func (s *system) workingDirectory() (string, error) { return os.Readlink(s.root + "/proc/self/cwd") }

// openFiles is the size of /proc/self/fd from Linux 6.2 on. Before that it is
// 0, and the entries have to be counted, of which one is the directory's own.
func (s *system) openFiles() (int, error) {
	var st syscall.Stat_t
	if err := syscall.Stat(s.root+"/proc/self/fd", &st); err != nil {
		return 0, fmt.Errorf("count the open files in /proc/self/fd: %w", err)
	}
	if st.Size > 0 {
		return int(st.Size), nil
	}
	names, err := directory(s.root + "/proc/self/fd")
	return len(names) - 1, err
}

// directory is the names in it, in no order.
func directory(path string) ([]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return f.Readdirnames(-1)
}

// number reads a file that holds one.
func number(path string) (uint64, error) {
	text, err := slurp(path)
	if err != nil {
		return 0, err
	}
	v, err := strconv.ParseUint(strings.TrimSpace(text), 10, 64)
	if err != nil {
		return 0, malformed(path, text)
	}
	return v, nil
}

// keyed reads the number of one key from a file of lines "key number".
func keyed(path, key string) (uint64, error) {
	text, err := slurp(path)
	if err != nil {
		return 0, err
	}
	v, ok := lookUp(text, key)
	if !ok {
		return 0, fmt.Errorf("%s has no %q", path, key)
	}
	return v, nil
}

func lookUp(text, key string) (uint64, bool) {
	for line := range strings.Lines(text) {
		if name, figure, _ := strings.Cut(strings.TrimSpace(line), " "); name == key {
			v, err := strconv.ParseUint(figure, 10, 64)
			return v, err == nil
		}
	}
	return 0, false
}

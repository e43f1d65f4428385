package cgroup

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"vega/daemon/diagnostics/kernelfile"
)

// Memory returns the process's own cgroup and those above it that have a limit.
func (r *Reader) Memory() (Levels, error) {
	levels, t, err := r.readLevels(true)
	if err != nil {
		return nil, err
	}
	if len(levels) == 0 {
		return nil, errors.New("the process's cgroup does not count memory")
	}
	t.addKills(levels)
	return levels, nil
}

// LimitedMemory is like Memory, but omits levels without a limit and does not set
// OOMKills. It is cheaper.
func (r *Reader) LimitedMemory() (Levels, error) {
	levels, _, err := r.readLevels(false)
	return levels, err
}

func (r *Reader) readLevels(own bool) (Levels, tree, error) {
	t, err := r.tree("memory")
	if err != nil {
		return nil, t, err
	}
	var levels Levels
	for n, level := range t.levels() {
		limit, err := t.memoryLimit(level)
		if err != nil {
			return nil, t, err
		}
		if limit >= Unlimited && (n > 0 || !own) {
			continue
		}
		l, err := t.memory(level, limit)
		if errors.Is(err, fs.ErrNotExist) {
			continue // the top of version 2, or a cgroup without the controller
		}
		if err != nil {
			return nil, t, err
		}
		levels = append(levels, l)
	}
	return levels, t, nil
}

// memoryLimit returns the memory limit of a level. It returns Unlimited for a level
// without a limit and for the top of version 2, which can't have one.
func (t tree) memoryLimit(level string) (uint64, error) {
	name := "memory.limit_in_bytes"
	if t.v2 {
		name = "memory.max"
	}
	text, err := kernelfile.Read(t.file(level, name))
	if errors.Is(err, fs.ErrNotExist) {
		return Unlimited, nil
	}
	if err != nil {
		return 0, err
	}
	return parseLimit(t.file(level, name), text)
}

func parseLimit(path, text string) (uint64, error) {
	text = strings.TrimSpace(text)
	if text == "max" {
		return Unlimited, nil
	}
	v, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0, kernelfile.Malformed(path, text)
	}
	return min(v, Unlimited), nil
}

func (t tree) memory(level string, limit uint64) (Level, error) {
	usage, prefix := "memory.usage_in_bytes", "total_"
	if t.v2 {
		usage, prefix = "memory.current", ""
	}
	current, err := kernelfile.Number(t.file(level, usage))
	if err != nil {
		return Level{}, err
	}
	l := Level{Path: level, Limit: limit, Current: current}
	inactive, err := kernelfile.Keyed(t.file(level, "memory.stat"), prefix+"inactive_file")
	if err != nil {
		return Level{}, fmt.Errorf("read how much memory the cgroup %s can drop: %w", level, err)
	}
	active, _ := kernelfile.Keyed(t.file(level, "memory.stat"), prefix+"active_file") // 0 if it is not counted
	l.WorkingSet = current - min(current, inactive)
	l.Held = l.WorkingSet - min(l.WorkingSet, active)
	return l, nil
}

// addKills sets OOMKills. The count in version 2 includes all cgroups below. The
// count in version 1 does not, so addKills sums the counts upwards.
func (t tree) addKills(levels Levels) {
	var sum uint64
	for n := range levels {
		l := &levels[n]
		if t.v2 {
			l.OOMKills, l.OOMErr = kernelfile.Keyed(t.file(l.Path, "memory.events"), "oom_kill")
			continue
		}
		kills, err := kernelfile.Keyed(t.file(l.Path, "memory.oom_control"), "oom_kill")
		sum += kills
		l.OOMKills, l.OOMErr = sum, err
	}
}

// MemoryMembers returns a function that reports whether a process is in the
// memory cgroup at the given level of this process's path, or below it. It
// returns nil if the cgroups can't be read.
func (r *Reader) MemoryMembers(level string) func(pid int) bool {
	all, err := r.find()
	if err != nil {
		return nil
	}
	t, err := all.tree("memory")
	if err != nil {
		return nil
	}
	// The tree may be mounted from a lower cgroup than /proc/PID/cgroup begins at.
	top := all.own
	for p := t.path; p != level && p != "/"; p = path.Dir(p) {
		top = path.Dir(top)
	}
	return func(pid int) bool {
		text, err := r.read("/proc/" + strconv.Itoa(pid) + "/cgroup")
		if err != nil {
			return false // the process ended
		}
		_, inside := within(memoryPath(text, t.v2), top)
		return inside
	}
}

// memoryPath returns the path of the memory cgroup from the text of a
// /proc/PID/cgroup file.
func memoryPath(text string, v2 bool) string {
	for line := range strings.Lines(text) {
		fields := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(fields) == 3 && (v2 && fields[0] == "0" || slices.Contains(strings.Split(fields[1], ","), "memory")) {
			return fields[2]
		}
	}
	return ""
}

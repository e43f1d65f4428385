package diagnostics

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

// memoryLevels reads the process's own cgroup and those above it that have a
// limit.
func (s *system) memoryLevels() (memoryLevels, error) {
	levels, h, err := s.readLevels(true)
	if err != nil {
		return nil, err
	}
	if len(levels) == 0 {
		return nil, errors.New("the process's cgroup does not count memory")
	}
	h.addKills(levels)
	return levels, nil
}

// memoryLimits are memoryLevels without what is dear to know and of no use for
// a percentage: the own cgroup where it has no limit, and what was killed.
func (s *system) memoryLimits() (memoryLevels, error) {
	levels, _, err := s.readLevels(false)
	return levels, err
}

func (s *system) readLevels(own bool) (memoryLevels, hierarchy, error) {
	g, err := s.cgroups()
	if err != nil {
		return nil, hierarchy{}, err
	}
	h, err := g.tree("memory")
	if err != nil {
		return nil, h, err
	}
	var levels memoryLevels
	for n, level := range h.levels() {
		limit, err := h.memoryLimit(level)
		if err != nil {
			return nil, h, err
		}
		if limit >= unlimited && (n > 0 || !own) {
			continue
		}
		l, err := h.memoryLevel(level, limit)
		if errors.Is(err, fs.ErrNotExist) {
			continue // the top of version 2, or a cgroup without the controller
		}
		if err != nil {
			return nil, h, err
		}
		levels = append(levels, l)
	}
	return levels, h, nil
}

// memoryLimit is unlimited where there is no limit, and at the top of version
// 2, which can have none.
func (h hierarchy) memoryLimit(level string) (uint64, error) {
	name := "memory.limit_in_bytes"
	if h.v2 {
		name = "memory.max"
	}
	text, err := slurp(h.file(level, name))
	if errors.Is(err, fs.ErrNotExist) {
		return unlimited, nil
	}
	if err != nil {
		return 0, err
	}
	return parseLimit(h.file(level, name), text)
}

func parseLimit(path, text string) (uint64, error) {
	text = strings.TrimSpace(text)
	if text == "max" {
		return unlimited, nil
	}
	v, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0, malformed(path, text)
	}
	return min(v, unlimited), nil
}

func (h hierarchy) memoryLevel(level string, limit uint64) (memoryLevel, error) {
	usage, inactive := "memory.usage_in_bytes", "total_inactive_file"
	if h.v2 {
		usage, inactive = "memory.current", "inactive_file"
	}
	current, err := number(h.file(level, usage))
	if err != nil {
		return memoryLevel{}, err
	}
	droppable, err := keyed(h.file(level, "memory.stat"), inactive)
	if err != nil {
		return memoryLevel{}, fmt.Errorf("find what memory the cgroup %s can drop: %w", level, err)
	}
	return memoryLevel{path: level, limit: limit, current: current, workingSet: current - min(current, droppable)}, nil
}

// addKills counts processes that were killed for want of memory. Version 2
// counts those of all cgroups below too; version 1 only the cgroup's own, so
// that those of the levels up to each are added up.
func (h hierarchy) addKills(levels memoryLevels) {
	var sum uint64
	for n := range levels {
		l := &levels[n]
		if h.v2 {
			l.oomKills, l.oomErr = keyed(h.file(l.path, "memory.events"), "oom_kill")
			continue
		}
		kills, err := keyed(h.file(l.path, "memory.oom_control"), "oom_kill")
		sum += kills
		l.oomKills, l.oomErr = sum, err
	}
}

// memoryMembers tells whether a process is in the memory cgroup at a level of
// this one's own, or below it; nil where that can't be told.
func (s *system) memoryMembers(level string) func(pid int) bool {
	g, err := s.cgroups()
	if err != nil {
		return nil
	}
	h, err := g.tree("memory")
	if err != nil {
		return nil
	}
	// The tree may be mounted from further down than /proc/PID/cgroup tells.
	top := g.own
	for p := h.path; p != level && p != "/"; p = path.Dir(p) {
		top = path.Dir(top)
	}
	return func(pid int) bool {
		text, err := s.read("/proc/" + strconv.Itoa(pid) + "/cgroup")
		if err != nil {
			return false // it ended
		}
		_, inside := within(memoryGroup(text, h.v2), top)
		return inside
	}
}

// memoryGroup is the path that /proc/PID/cgroup has for memory.
func memoryGroup(text string, v2 bool) string {
	for line := range strings.Lines(text) {
		fields := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(fields) == 3 && (v2 && fields[0] == "0" || slices.Contains(strings.Split(fields[1], ","), "memory")) {
			return fields[2]
		}
	}
	return ""
}

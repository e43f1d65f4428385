package diagnostics

import (
	"errors"
	"time"

	"vega/policies/check"
)

// Container is what cgroups allow this process and have counted. Fields are
// nil where nothing limits.
type Container struct {
	Version *string          `json:"version"` // "v1", "v2", or "hybrid": both at once
	Path    *string          `json:"path"`    // of the process's own cgroup, as /proc/self/cgroup has it
	Limited bool             `json:"limited"` // memory or processors are tighter than the host's
	Memory  *ContainerMemory `json:"memory"`
	CPU     *ContainerCPU    `json:"cpu"`
	PIDs    *ContainerPIDs   `json:"pids"`
	// Pressure is that within the container; cgroups v2 have it.
	Pressure *Pressure `json:"pressure"`
}

// ContainerMemory is that of the cgroup with the tightest limit among the
// process's own and its parents, or of its own where none is limited.
type ContainerMemory struct {
	Path       string   `json:"path"`
	Limit      *uint64  `json:"limit"`
	Current    uint64   `json:"current"`
	WorkingSet uint64   `json:"working_set"` // current without file pages that can be dropped
	Percent    *float64 `json:"percent"`
	OOMKills   *uint64  `json:"oom_kills"` // since the cgroup was made
}

// ContainerCPU is that of the cgroup with the tightest quota.
type ContainerCPU struct {
	Path             string   `json:"path"`
	Cores            float64  `json:"cores"`
	Percent          *float64 `json:"percent"` // of Cores, within the window of CPU
	Periods          *uint64  `json:"periods"` // these three since the cgroup was made
	ThrottledPeriods *uint64  `json:"throttled_periods"`
	ThrottledMS      *float64 `json:"throttled_ms"` // all its tasks together
}

// ContainerPIDs bounds processes and threads: the cgroup nearest to its limit.
type ContainerPIDs struct {
	Current uint64  `json:"current"`
	Limit   uint64  `json:"limit"`
	Percent float64 `json:"percent"`
}

// memoryLevel is one cgroup.
type memoryLevel struct {
	path                string
	limit               uint64 // unlimited if there is none
	current, workingSet uint64
	oomKills            uint64
	oomErr              error
}

// unlimited is where limits begin to mean none: version 1 writes 2^63 rounded
// down to a page.
const unlimited = 1 << 62

// memoryLevels are the process's own cgroup and, above it, those that are
// limited.
type memoryLevels []memoryLevel

// cpuQuota is a cgroup with a quota.
type cpuQuota struct {
	path               string
	cores              float64
	usage              time.Duration
	periods, throttled uint64
	throttledFor       time.Duration

	usageErr, statErr error
}

// nearest is the level with the least room among those with a limit under the
// host's total, nil if there is none.
func (m memoryLevels) nearest(total *uint64) *memoryLevel {
	var found *memoryLevel
	for n := range m {
		l := &m[n]
		if l.limit >= unlimited || total != nil && l.limit >= *total {
			continue
		}
		if found == nil || l.share() > found.share() {
			found = l
		}
	}
	return found
}

func (l *memoryLevel) share() float64 { return float64(l.workingSet) / float64(max(1, l.limit)) }

// tightest is the level with the lowest limit, or the process's own.
func (m memoryLevels) tightest() *memoryLevel {
	found := &m[0]
	for n := range m {
		if m[n].limit < found.limit {
			found = &m[n]
		}
	}
	return found
}

var errNoLimit = errors.New("no cgroup of this process has a limit")

// container tells of the cgroups: levels are those of memory, host is what was
// said of memory at large.
func (c *Collector) container(levels memoryLevels, levelsErr error, host Memory, r rates, g gaps) Container {
	version, path, err := c.sys.group()
	t := Container{Version: had(g, "container.version", version, err), Path: had(g, "container.path", path, err)}
	t.Memory = containerMemory(levels, levelsErr, g)
	t.CPU = containerCPU(r, g)
	pids, err := c.sys.pids()
	if t.PIDs = pids; err != nil {
		g.note("container.pids", err)
	}
	if read, err := c.sys.groupPressure(); err != nil {
		g.note("container.pressure", err)
	} else {
		p := newPressure(read, "container.pressure", g)
		t.Pressure = &p
	}
	t.Limited = host.Source == SourceCgroup || r.quota != nil && r.quota.cores < usableCores()
	return t
}

func containerMemory(levels memoryLevels, err error, g gaps) *ContainerMemory {
	if err != nil {
		g.note("container.memory", err)
		return nil
	}
	t := levels.tightest()
	m := &ContainerMemory{Path: t.path, Current: t.current, WorkingSet: t.workingSet}
	m.OOMKills = had(g, "container.memory.oom_kills", t.oomKills, t.oomErr)
	if t.limit >= unlimited {
		err = errNoLimit
	}
	m.Limit = had(g, "container.memory.limit", t.limit, err)
	m.Percent = had(g, "container.memory.percent", percent(float64(t.workingSet), float64(t.limit)), err)
	return m
}

func containerCPU(r rates, g gaps) *ContainerCPU {
	q := r.quota
	if q == nil {
		g.note("container.cpu", errNoQuota)
		return nil
	}
	c := &ContainerCPU{Path: q.path, Cores: q.cores}
	c.Percent = had(g, "container.cpu.percent", percent(r.groupCores, q.cores), r.groupErr)
	c.Periods = had(g, "container.cpu.periods", q.periods, q.statErr)
	c.ThrottledPeriods = had(g, "container.cpu.throttled_periods", q.throttled, q.statErr)
	c.ThrottledMS = had(g, "container.cpu.throttled_ms", check.Milliseconds(q.throttledFor), q.statErr)
	return c
}

package diagnostics

import (
	"vega/daemon/diagnostics/cgroup"
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

// container tells of the cgroups: levels are those of memory, host is what was
// said of memory at large.
func (c *Collector) container(levels cgroup.Levels, levelsErr error, host Memory, r rates, g gaps) Container {
	version, path, err := c.groups.Own()
	t := Container{Version: had(g, "container.version", version, err), Path: had(g, "container.path", path, err)}
	t.Memory = containerMemory(levels, levelsErr, g)
	t.CPU = containerCPU(r, g)
	t.PIDs = c.pids(g)
	if read, err := c.groups.Pressure(); err != nil {
		g.note("container.pressure", err)
	} else {
		p := newPressure(read, "container.pressure", g)
		t.Pressure = &p
	}
	t.Limited = host.Source == SourceCgroup || r.quota != nil && r.quota.Cores < usableCores()
	return t
}

func containerMemory(levels cgroup.Levels, err error, g gaps) *ContainerMemory {
	if err != nil {
		g.note("container.memory", err)
		return nil
	}
	t := levels.Tightest()
	m := &ContainerMemory{Path: t.Path, Current: t.Current, WorkingSet: t.WorkingSet}
	m.OOMKills = had(g, "container.memory.oom_kills", t.OOMKills, t.OOMErr)
	if t.Limit >= cgroup.Unlimited {
		err = cgroup.ErrNoLimit
	}
	m.Limit = had(g, "container.memory.limit", t.Limit, err)
	m.Percent = had(g, "container.memory.percent", percent(float64(t.WorkingSet), float64(t.Limit)), err)
	return m
}

func containerCPU(r rates, g gaps) *ContainerCPU {
	q := r.quota
	if q == nil {
		g.note("container.cpu", errNoQuota)
		return nil
	}
	c := &ContainerCPU{Path: q.Path, Cores: q.Cores}
	c.Percent = had(g, "container.cpu.percent", percent(r.groupCores, q.Cores), r.groupErr)
	c.Periods = had(g, "container.cpu.periods", q.Periods, q.StatErr)
	c.ThrottledPeriods = had(g, "container.cpu.throttled_periods", q.Throttled, q.StatErr)
	c.ThrottledMS = had(g, "container.cpu.throttled_ms", check.Milliseconds(q.ThrottledFor), q.StatErr)
	return c
}

func (c *Collector) pids(g gaps) *ContainerPIDs {
	p, err := c.groups.PIDs()
	if err != nil {
		g.note("container.pids", err)
		return nil
	}
	return &ContainerPIDs{Current: p.Current, Limit: p.Limit, Percent: percent(float64(p.Current), float64(p.Limit))}
}

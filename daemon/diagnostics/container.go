package diagnostics

import (
	"vega/daemon/diagnostics/cgroup"
	"vega/policies/check"
)

// Container holds the limits and counters of this process's cgroups. Fields are nil
// where there is no limit.
type Container struct {
	Version *string          `json:"version"` // "v1", "v2", or "hybrid" for both
	Path    *string          `json:"path"`    // of the process's own cgroup, as in /proc/self/cgroup
	Limited bool             `json:"limited"` // whether a cgroup has less memory or fewer CPUs than the host
	Memory  *ContainerMemory `json:"memory"`
	CPU     *ContainerCPU    `json:"cpu"`
	PIDs    *ContainerPIDs   `json:"pids"`
	// Pressure is the pressure within the container. It requires cgroups v2.
	Pressure *Pressure `json:"pressure"`
}

// ContainerMemory is the memory use of the cgroup with the tightest limit, among the
// process's own cgroup and its parents. If none has a limit, it is that of the
// process's own cgroup.
type ContainerMemory struct {
	Path       string   `json:"path"`
	Limit      *uint64  `json:"limit"`
	Current    uint64   `json:"current"`
	WorkingSet uint64   `json:"working_set"` // Current without file pages that can be dropped
	Percent    *float64 `json:"percent"`
	OOMKills   *uint64  `json:"oom_kills"` // since the cgroup was created
}

// ContainerCPU is the CPU use of the cgroup with the tightest quota.
type ContainerCPU struct {
	Path             string   `json:"path"`
	Cores            float64  `json:"cores"`
	Percent          *float64 `json:"percent"` // of Cores, over the same window as CPU
	Periods          *uint64  `json:"periods"` // this and the next two count since the cgroup was created
	ThrottledPeriods *uint64  `json:"throttled_periods"`
	ThrottledMS      *float64 `json:"throttled_ms"` // summed over all CPUs
}

// ContainerPIDs counts processes and threads in the cgroup that is closest to its
// pids limit.
type ContainerPIDs struct {
	Current uint64  `json:"current"`
	Limit   uint64  `json:"limit"`
	Percent float64 `json:"percent"`
}

// container combines the readings of the cgroups. levels are the memory readings,
// and memory holds the figures derived from them.
func (c *Collector) container(levels cgroup.Levels, levelsErr error, memory Memory, r rates, g gaps) Container {
	version, path, err := c.groups.Own()
	t := Container{Version: orNil(g, "container.version", version, err), Path: orNil(g, "container.path", path, err)}
	t.Memory = containerMemory(levels, levelsErr, g)
	t.CPU = containerCPU(r, g)
	t.PIDs = c.pids(g)
	if read, err := c.groups.Pressure(); err != nil {
		g.note("container.pressure", err)
	} else {
		p := newPressure(read, "container.pressure", g)
		t.Pressure = &p
	}
	t.Limited = memory.Source == SourceCgroup || r.quota != nil && r.quota.Cores < usableCores()
	return t
}

func containerMemory(levels cgroup.Levels, err error, g gaps) *ContainerMemory {
	if err != nil {
		g.note("container.memory", err)
		return nil
	}
	t := levels.Tightest()
	m := &ContainerMemory{Path: t.Path, Current: t.Current, WorkingSet: t.WorkingSet}
	m.OOMKills = orNil(g, "container.memory.oom_kills", t.OOMKills, t.OOMErr)
	if t.Limit >= cgroup.Unlimited {
		err = cgroup.ErrNoLimit
	}
	m.Limit = orNil(g, "container.memory.limit", t.Limit, err)
	m.Percent = orNil(g, "container.memory.percent", percent(float64(t.WorkingSet), float64(t.Limit)), err)
	return m
}

func containerCPU(r rates, g gaps) *ContainerCPU {
	q := r.quota
	if q == nil {
		g.note("container.cpu", errNoQuota)
		return nil
	}
	c := &ContainerCPU{Path: q.Path, Cores: q.Cores}
	c.Percent = orNil(g, "container.cpu.percent", percent(r.groupCores, q.Cores), r.groupErr)
	c.Periods = orNil(g, "container.cpu.periods", q.Periods, q.StatErr)
	c.ThrottledPeriods = orNil(g, "container.cpu.throttled_periods", q.Throttled, q.StatErr)
	c.ThrottledMS = orNil(g, "container.cpu.throttled_ms", check.Milliseconds(q.ThrottledFor), q.StatErr)
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

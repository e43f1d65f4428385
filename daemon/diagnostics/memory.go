package diagnostics

import (
	"context"

	"vega/daemon/diagnostics/cgroup"
)

func (c *Collector) memory(ctx context.Context, levels cgroup.Levels, g gaps) Memory {
	m := Memory{Source: SourceHost}
	rss, vms, err := c.sys.ProcessMemory(ctx)
	m.ProcessRSS = orNil(g, "memory.process_rss", rss, err)
	m.ProcessVMS = orNil(g, "memory.process_vms", vms, err)
	if total, available, err := c.sys.HostMemory(ctx); err != nil {
		for _, field := range []string{"system_total", "system_available", "system_used", "percent", "limit", "used"} {
			g.note("memory."+field, err)
		}
	} else {
		used := total - min(total, available)
		m.SystemTotal, m.SystemAvailable, m.SystemUsed = &total, &available, &used
		m.measure(SourceHost, used, total)
	}
	if tight := levels.Nearest(m.SystemTotal); tight != nil {
		m.measure(SourceCgroup, tight.WorkingSet, tight.Limit)
		for _, field := range []string{"percent", "limit", "used"} {
			delete(g, "memory."+field) // available from the cgroup, even if the host's figures are not
		}
	}
	return m
}

// measure sets Percent and the values from which it is computed.
func (m *Memory) measure(source string, used, limit uint64) {
	p := percent(float64(used), float64(limit))
	m.Source, m.Used, m.Limit, m.Percent = source, &used, &limit, &p
}

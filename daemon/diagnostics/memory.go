package diagnostics

import (
	"context"

	"github.com/shirou/gopsutil/v3/mem"
)

func (c *Collector) memory(ctx context.Context, levels memoryLevels, g gaps) Memory {
	m := Memory{Source: SourceHost}
	rss, vms, err := c.sys.processMemory(ctx)
	m.ProcessRSS = had(g, "memory.process_rss", rss, err)
	m.ProcessVMS = had(g, "memory.process_vms", vms, err)
	if v, err := mem.VirtualMemoryWithContext(c.sys.env(ctx)); err != nil {
		for _, field := range []string{"system_total", "system_available", "system_used", "percent", "limit", "used"} {
			g.note("memory."+field, err)
		}
	} else {
		used := v.Total - min(v.Total, v.Available)
		m.SystemTotal, m.SystemAvailable, m.SystemUsed = &v.Total, &v.Available, &used
		m.measure(SourceHost, used, v.Total)
	}
	if tight := levels.nearest(m.SystemTotal); tight != nil {
		m.measure(SourceCgroup, tight.workingSet, tight.limit)
		for _, field := range []string{"percent", "limit", "used"} {
			delete(g, "memory."+field) // known now, whatever the host's are
		}
	}
	return m
}

// measure sets what Percent is a percentage of.
func (m *Memory) measure(source string, used, limit uint64) {
	p := percent(float64(used), float64(limit))
	m.Source, m.Used, m.Limit, m.Percent = source, &used, &limit, &p
}

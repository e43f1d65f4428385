package diagnostics

import "context"

func (c *Collector) network(ctx context.Context, g gaps) Network {
	n := Network{ByStatus: map[string]int{}}
	states, err := c.sys.Sockets(ctx)
	if err != nil {
		g.note("network.by_status", err)
	}
	if states == nil {
		g.note("network.total", err)
		return n
	}
	total := 0
	for _, count := range states {
		total += count
	}
	n.Total, n.ByStatus = &total, states
	return n
}

package diagnostics

import "context"

// tcpStates are the names of the states, as gopsutil's, by Linux's number.
var tcpStates = [...]string{
	"", "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT",
	"CLOSE", "CLOSE_WAIT", "LAST_ACK", "LISTEN", "CLOSING",
}

// What Network.ByStatus has beside the states of TCP: UDP, and TCP sockets that
// could not be told apart, for the reason in Unavailable.
const (
	statusUDP   = "NONE"
	statusOther = "OTHER"
)

func (c *Collector) network(ctx context.Context, g gaps) Network {
	n := Network{ByStatus: map[string]int{}}
	states, err := c.sys.sockets(ctx)
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

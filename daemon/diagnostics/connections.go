package diagnostics

import (
	"context"
	"net/netip"
)

// Connections are the TCP sockets of the network namespace, and those of this
// process among them.
type Connections struct {
	ByStatus map[string]int `json:"by_status"`
	Own      map[string]int `json:"own"`     // of this process, by status
	Remotes  []Remote       `json:"remotes"` // the three far ends with the most
}

// Remote is an address, whatever the port, and its connections.
type Remote struct {
	Address string `json:"address"`
	Count   int    `json:"count"`
	Own     int    `json:"own"` // of this process
}

// connection is a TCP socket.
type connection struct {
	status string
	remote netip.Addr // unspecified if it has none
	own    bool
}

func (c *Collector) findConnections(ctx context.Context, e *Evidence) {
	found := Connections{ByStatus: map[string]int{}, Own: map[string]int{}}
	remotes := map[netip.Addr]*Remote{}
	err := c.sys.connections(ctx, func(t connection) {
		found.ByStatus[t.status]++
		if t.own {
			found.Own[t.status]++
		}
		if !t.remote.IsUnspecified() {
			count(remotes, t)
		}
	})
	e.note("connections", err)
	if err != nil && len(found.ByStatus) == 0 {
		return
	}
	for _, r := range remotes {
		found.Remotes = append(found.Remotes, *r)
	}
	found.Remotes = largest(found.Remotes, func(r Remote) float64 { return float64(r.Count) })
	e.Connections = &found
}

func count(remotes map[netip.Addr]*Remote, t connection) {
	r := remotes[t.remote]
	if r == nil {
		r = &Remote{Address: t.remote.String()}
		remotes[t.remote] = r
	}
	r.Count++
	if t.own {
		r.Own++
	}
}

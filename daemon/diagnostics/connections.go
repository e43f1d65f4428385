package diagnostics

import (
	"context"
	"net/netip"

	"vega/daemon/diagnostics/system"
)

// Connections counts the TCP sockets of the network namespace, and separately those
// of this process.
type Connections struct {
	ByStatus map[string]int `json:"by_status"`
	Own      map[string]int `json:"own"`     // of this process, by status
	Remotes  []Remote       `json:"remotes"` // the three with the most connections
}

// Remote counts the connections to an address, on all ports.
type Remote struct {
	Address string `json:"address"`
	Count   int    `json:"count"`
	Own     int    `json:"own"` // of this process
}

func (c *Collector) findConnections(ctx context.Context, e *Evidence) {
	found := Connections{ByStatus: map[string]int{}, Own: map[string]int{}}
	remotes := map[netip.Addr]*Remote{}
	err := c.sys.Connections(ctx, func(t system.Connection) {
		found.ByStatus[t.Status]++
		if t.Own {
			found.Own[t.Status]++
		}
		if !t.Remote.IsUnspecified() {
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

func count(remotes map[netip.Addr]*Remote, t system.Connection) {
	r := remotes[t.Remote]
	if r == nil {
		r = &Remote{Address: t.Remote.String()}
		remotes[t.Remote] = r
	}
	r.Count++
	if t.Own {
		r.Own++
	}
}

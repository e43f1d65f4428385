// Package cgroup reads the limits and counters of the cgroups that this process
// belongs to, of version 1, version 2 and both at once.
//
// Create a Reader with New. Limits apply at every level from the process's own
// cgroup up to the top. The methods return the level that determines the result. On
// systems other than Linux they return errors.
package cgroup

import (
	"errors"
	"time"
)

// Unlimited is the limit of a cgroup that has none. Any limit at or above it also
// means unlimited, because version 1 writes 2^63 rounded down to a page.
const Unlimited = 1 << 62

// ErrNoLimit is returned if no level has a limit.
var ErrNoLimit = errors.New("no cgroup of this process has a limit")

// Level is the memory use of one cgroup.
type Level struct {
	Path       string
	Limit      uint64 // Unlimited for none
	Current    uint64
	WorkingSet uint64 // Current without inactive file pages
	Held       uint64 // Current without any file pages, which the kernel can drop
	OOMKills   uint64
	OOMErr     error // why OOMKills is unknown
}

// Levels lists the process's own cgroup and the limited ones above it.
type Levels []Level

// Nearest returns the level that is closest to its limit among those whose limit is
// below the host's total, or nil if there are none.
func (m Levels) Nearest(total *uint64) *Level {
	var found *Level
	for n := range m {
		l := &m[n]
		if l.Limit >= Unlimited || total != nil && l.Limit >= *total {
			continue
		}
		if found == nil || l.share() > found.share() {
			found = l
		}
	}
	return found
}

func (l *Level) share() float64 { return float64(l.WorkingSet) / float64(max(1, l.Limit)) }

// Tightest returns the level with the lowest limit, or the process's own if none is
// limited.
func (m Levels) Tightest() *Level {
	found := &m[0]
	for n := range m {
		if m[n].Limit < found.Limit {
			found = &m[n]
		}
	}
	return found
}

// Quota is a cgroup with a CPU quota and its counters.
type Quota struct {
	Path               string
	Cores              float64
	Usage              time.Duration
	Periods, Throttled uint64
	ThrottledFor       time.Duration

	UsageErr, StatErr error // why Usage, and the counters after it, are unknown
}

// PIDs counts the processes and threads of a limited cgroup.
type PIDs struct{ Current, Limit uint64 }

// Waits holds what the kernel has counted about tasks that waited for a CPU.
type Waits struct {
	Pressure  string         // the content of cpu.pressure, "" if unavailable
	Throttled *time.Duration // time lost to the quota; nil if there isn't one
}

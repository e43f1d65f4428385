// Package system reads the state of the operating system and of this process:
// memory, CPUs, threads, open files, sockets, processes and file systems.
//
// Make a Reader with New. On Linux it reads /proc itself, where that is faster
// or tells more than gopsutil does; on other systems it uses gopsutil, which
// runs other programs for some of the answers on macOS. No other package uses
// gopsutil.
package system

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"github.com/shirou/gopsutil/v3/mem"
)

// ErrCutShort is returned, with what was found until then, if the context ends
// while there is more to look at.
var ErrCutShort = errors.New("out of time: not everything was examined")

// HostTimes is the CPU time of the host, all CPUs together.
type HostTimes struct {
	Busy, Total float64 // in the same unit
	Cores       int
}

// Process is a process at one moment.
type Process struct {
	Name    string
	Started uint64 // in any unit; distinguishes processes that reuse a number
	RSS     uint64
	CPU     time.Duration
}

// Connection is a TCP socket.
type Connection struct {
	Status string
	Remote netip.Addr // unspecified if there is none
	Own    bool       // it belongs to this process
}

// HostMemory returns the memory of the host, and how much of it is available
// without swapping, as the kernel estimates.
func (r *Reader) HostMemory(ctx context.Context) (total, available uint64, err error) {
	v, err := mem.VirtualMemoryWithContext(r.env(ctx))
	if err != nil {
		return 0, 0, err
	}
	return v.Total, v.Available, nil
}

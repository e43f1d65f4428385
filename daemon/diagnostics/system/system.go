// Package system reads the state of the operating system and of this process:
// memory, CPUs, threads, open files, sockets, processes and file systems.
//
// Create a Reader with New. On Linux it reads /proc itself where that is faster or
// yields more than gopsutil. On other systems it uses gopsutil, which runs other
// programs for some of the figures on macOS. No other package uses gopsutil.
package system

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"github.com/shirou/gopsutil/v3/mem"
)

// ErrCutShort is returned, with the results found so far, if the context ends before
// everything has been examined.
var ErrCutShort = errors.New("out of time: not everything was examined")

// HostTimes is the CPU time of the host, summed over all CPUs.
type HostTimes struct {
	Busy, Total float64 // in the same unit
	Cores       int
}

// Process is a snapshot of a process.
type Process struct {
	Name    string
	Started uint64 // in any unit; distinguishes processes that reuse a process ID
	RSS     uint64
	CPU     time.Duration
}

// Connection is a TCP socket.
type Connection struct {
	Status string
	Remote netip.Addr // unspecified if the socket has no peer
	Own    bool       // whether the socket belongs to this process
}

// HostMemory returns the memory of the host, and how much of it is available
// without swapping, as the kernel estimates.
func (r *Reader) HostMemory(ctx context.Context) (total, available uint64, err error) {
	v, err := mem.VirtualMemoryWithContext(r.env(ctx))
	switch {
	case err != nil:
		return 0, 0, err
	case v.Total == 0: // without /proc, for example
		return 0, 0, errors.New("the system does not say how much memory it has")
	}
	return v.Total, v.Available, nil
}

//go:build !linux

package system

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"runtime"
	"runtime/metrics"
	"time"

	"github.com/shirou/gopsutil/v3/cpu"
	"github.com/shirou/gopsutil/v3/net"
	"github.com/shirou/gopsutil/v3/process"
)

// Reader reads the state of the operating system and of this process. It is safe for concurrent use.
type Reader struct{}

// New returns a Reader.
func New() *Reader { return &Reader{} }

// errNotLinux is returned for figures that only Linux provides.
var errNotLinux = fmt.Errorf("not available on %s", runtime.GOOS)

// searchTimeout limits calls for which gopsutil runs another program on some
// systems.
const searchTimeout = time.Second

func self(ctx context.Context) (*process.Process, error) {
	return process.NewProcessWithContext(ctx, int32(os.Getpid()))
}

func (r *Reader) env(ctx context.Context) context.Context { return ctx }

// ProcessMemory returns the memory of this process.
func (r *Reader) ProcessMemory(ctx context.Context) (rss, vms uint64, err error) {
	p, err := self(ctx)
	if err != nil {
		return 0, 0, err
	}
	m, err := p.MemoryInfoWithContext(ctx)
	if err != nil {
		return 0, 0, err
	}
	return m.RSS, m.VMS, nil
}

// Threads counts the threads that Go's runtime started.
func (r *Reader) Threads(context.Context) (int, error) {
	n := runtimeThreads()
	if n == 0 {
		return 0, errNotLinux
	}
	return n, nil
}

// HostTimes returns the CPU time of the host.
func (r *Reader) HostTimes() (HostTimes, error) {
	all, err := cpu.Times(false)
	if err != nil {
		return HostTimes{}, err
	}
	if len(all) == 0 {
		return HostTimes{}, errNotLinux
	}
	t := all[0]
	total := t.User + t.System + t.Idle + t.Nice + t.Iowait + t.Irq + t.Softirq + t.Steal
	return HostTimes{Busy: total - t.Idle - t.Iowait, Total: total, Cores: runtime.NumCPU()}, nil
}

// StartTime returns when this process started.
func (r *Reader) StartTime() (time.Time, error) {
	p, err := self(context.Background())
	if err != nil {
		return time.Time{}, err
	}
	ms, err := p.CreateTime()
	return time.UnixMilli(ms), err
}

// WorkingDirectory returns the working directory of this process.
func (r *Reader) WorkingDirectory() (string, error) { return os.Getwd() }

// Pressure returns an error.
func (r *Reader) Pressure(string) (string, error) { return "", errNotLinux }

// Sockets counts the TCP and UDP sockets by state.
func (r *Reader) Sockets(ctx context.Context) (map[string]int, error) {
	ctx, cancel := context.WithTimeout(ctx, searchTimeout)
	defer cancel()
	all, err := net.ConnectionsWithContext(ctx, "inet")
	if err != nil {
		return nil, err
	}
	states := map[string]int{}
	for _, c := range all {
		states[statusName(c.Status)]++
	}
	return states, nil
}

// statusName returns the status, or the name for UDP sockets if it is "".
func statusName(status string) string {
	if status == "" {
		return StatusUDP
	}
	return status
}

// Connections calls each with every TCP socket of the host.
func (r *Reader) Connections(ctx context.Context, each func(Connection)) error {
	all, err := net.ConnectionsWithContext(ctx, "tcp")
	if err != nil {
		return err
	}
	for _, c := range all {
		remote, err := netip.ParseAddr(c.Raddr.IP)
		if err != nil {
			remote = netip.IPv4Unspecified() // the socket has no peer
		}
		each(Connection{Status: statusName(c.Status), Remote: remote, Own: int(c.Pid) == os.Getpid()})
	}
	return nil
}

// Processes returns the processes visible to this process, by ID. It stops when ctx
// is done.
func (r *Reader) Processes(ctx context.Context) (map[int]Process, error) {
	all, err := process.ProcessesWithContext(ctx)
	if err != nil {
		return nil, err
	}
	found := map[int]Process{}
	for _, p := range all {
		if ctx.Err() != nil {
			return found, nil
		}
		m, err := p.MemoryInfoWithContext(ctx)
		if err != nil {
			continue // the process ended, or belongs to another user
		}
		u := Process{RSS: m.RSS}
		u.Name, _ = p.NameWithContext(ctx) // the ID is enough
		if started, err := p.CreateTimeWithContext(ctx); err == nil {
			u.Started = uint64(started)
		}
		if t, err := p.TimesWithContext(ctx); err == nil {
			u.CPU = time.Duration((t.User + t.System) * float64(time.Second))
		}
		found[int(p.Pid)] = u
	}
	return found, nil
}

// FileKinds returns an error.
func (r *Reader) FileKinds(context.Context) (map[string]int, error) { return nil, errNotLinux }

// runtimeThreads returns 0 if this version of Go does not count threads.
func runtimeThreads() int {
	read := []metrics.Sample{{Name: "/sched/threads/total:threads"}}
	metrics.Read(read)
	if read[0].Value.Kind() != metrics.KindUint64 {
		return 0
	}
	return int(read[0].Value.Uint64())
}

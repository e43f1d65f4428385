//go:build !linux

package diagnostics

import (
	"context"
	"errors"
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

// system is what gopsutil can tell of systems other than Linux.
type system struct{}

func newSystem() *system { return &system{} }

// errNotHere is said of what only Linux has, or tells.
var errNotHere = fmt.Errorf("not to be had on %s", runtime.GOOS)

// lookFor bounds what gopsutil runs another program for on some systems.
const lookFor = time.Second

func self(ctx context.Context) (*process.Process, error) {
	return process.NewProcessWithContext(ctx, int32(os.Getpid()))
}

func (s *system) env(ctx context.Context) context.Context { return ctx }

func (s *system) processMemory(ctx context.Context) (rss, vms uint64, err error) {
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

// threads are those that Go's runtime knows of.
func (s *system) threads(context.Context) (int, error) {
	n := runtimeThreads()
	if n == 0 {
		return 0, errNotHere
	}
	return n, nil
}

func (s *system) hostTimes() (hostTimes, error) {
	all, err := cpu.Times(false)
	if err != nil {
		return hostTimes{}, err
	}
	if len(all) == 0 {
		return hostTimes{}, errNotHere
	}
	t := all[0]
	total := t.User + t.System + t.Idle + t.Nice + t.Iowait + t.Irq + t.Softirq + t.Steal
	return hostTimes{busy: total - t.Idle - t.Iowait, total: total, cores: runtime.NumCPU()}, nil
}

func (s *system) startTime() (time.Time, error) {
	p, err := self(context.Background())
	if err != nil {
		return time.Time{}, err
	}
	ms, err := p.CreateTime()
	return time.UnixMilli(ms), err
}

func (s *system) workingDirectory() (string, error) { return os.Getwd() }

func (s *system) pressure(string) (string, error) { return "", errNotHere }

func (s *system) memoryLevels() (memoryLevels, error) { return nil, errNotHere }

func (s *system) memoryLimits() (memoryLevels, error) { return nil, errNotHere }

func (s *system) memoryMembers(string) func(pid int) bool { return nil }

func (s *system) quota() *cpuQuota { return nil }

func (s *system) pids() (*ContainerPIDs, error) { return nil, errNotHere }

func (s *system) group() (version, path string, err error) { return "", "", errNotHere }

func (s *system) groupPressure() (func(string) (string, error), error) { return nil, errNotHere }

func (s *system) sockets(ctx context.Context) (map[string]int, error) {
	ctx, cancel := context.WithTimeout(ctx, lookFor)
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

// statusName is that of UDP where there is none.
func statusName(status string) string {
	if status == "" {
		return statusUDP
	}
	return status
}

func (s *system) connections(ctx context.Context, each func(connection)) error {
	all, err := net.ConnectionsWithContext(ctx, "tcp")
	if err != nil {
		return err
	}
	for _, c := range all {
		remote, err := netip.ParseAddr(c.Raddr.IP)
		if err != nil {
			remote = netip.IPv4Unspecified() // it has none
		}
		each(connection{status: statusName(c.Status), remote: remote, own: int(c.Pid) == os.Getpid()})
	}
	return nil
}

func (s *system) processes(ctx context.Context) (map[int]processUse, error) {
	all, err := process.ProcessesWithContext(ctx)
	if err != nil {
		return nil, err
	}
	found := map[int]processUse{}
	for _, p := range all {
		if ctx.Err() != nil {
			return found, nil
		}
		m, err := p.MemoryInfoWithContext(ctx)
		if err != nil {
			continue // it ended, or is another user's
		}
		u := processUse{rss: m.RSS}
		u.name, _ = p.NameWithContext(ctx) // the number says enough
		if started, err := p.CreateTimeWithContext(ctx); err == nil {
			u.started = uint64(started)
		}
		if t, err := p.TimesWithContext(ctx); err == nil {
			u.cpu = time.Duration((t.User + t.System) * float64(time.Second))
		}
		found[int(p.Pid)] = u
	}
	return found, nil
}

func (s *system) fileKinds(context.Context) (map[string]int, error) {
	return nil, errors.New("the kinds of open files are not to be had on " + runtime.GOOS)
}

// runtimeThreads is 0 where this version of Go does not tell.
func runtimeThreads() int {
	read := []metrics.Sample{{Name: "/sched/threads/total:threads"}}
	metrics.Read(read)
	return int(single(read[0].Value))
}

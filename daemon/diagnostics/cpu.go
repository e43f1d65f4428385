package diagnostics

import (
	"context"
	"errors"
	"runtime"
	"time"

	"vega/daemon/diagnostics/system"
	"vega/policies/check"
)

// Values of CPU.Basis.
const (
	// BasisWindow means that the use was measured within the window that ended at
	// MeasuredAt.
	BasisWindow = "window"
	// BasisStart means that there is no window yet; see Collector.Wait.
	// ProcessPercent is the average since the process started. For the host and the
	// container, only loads and pressure are available.
	BasisStart = "start"
)

// CPU is the use of CPUs. ProcessPercent and SystemPercent are percentages of
// LimitCores. SystemPercent is the use of the whole container if its quota is
// below the cores of the host, otherwise of the whole host.
//
// Readings within a second share their figures. Otherwise readers would shorten each
// other's windows, which would make the figures less meaningful.
type CPU struct {
	ProcessPercent *float64 `json:"process_percent"`
	SystemPercent  *float64 `json:"system_percent"`
	Load1          *float64 `json:"load1"`
	Load5          *float64 `json:"load5"`
	Load15         *float64 `json:"load15"`
	Threads        *int     `json:"threads"` // equal to Threads.Total
	Source         string   `json:"source"`
	LimitCores     float64  `json:"limit_cores"`
	HostCores      *int     `json:"host_cores"`
	HostPercent    *float64 `json:"host_percent"`
	// ThrottledPercent is the share of periods in which the quota was used up.
	ThrottledPercent *float64  `json:"throttled_percent"`
	Basis            string    `json:"basis"`
	WindowMS         float64   `json:"window_ms"`
	MeasuredAt       time.Time `json:"measured_at"`
}

var (
	errNoQuota = errors.New("no cgroup of this process has a CPU quota")
	errTooSoon = errors.New("needs two readings; try again, or see load1 and pressure.cpu")
)

func (c *Collector) cpu(ctx context.Context, r rates, g gaps) CPU {
	u := CPU{Source: SourceHost, LimitCores: usableCores(), Basis: r.basis, MeasuredAt: r.at.UTC(), WindowMS: check.Milliseconds(r.window)}
	u.readLoads(ctx, c.sys, g)
	u.HostCores = orNil(g, "cpu.host_cores", r.hostCores, r.coresErr)
	u.HostPercent = orNil(g, "cpu.host_percent", r.hostPercent, r.hostErr)
	u.SystemPercent = u.HostPercent
	if u.HostPercent == nil {
		g["cpu.system_percent"] = g["cpu.host_percent"]
	}
	if q := r.quota; q != nil && q.Cores < u.LimitCores {
		u.Source, u.LimitCores = SourceCgroup, q.Cores
		delete(g, "cpu.system_percent")
		u.SystemPercent = orNil(g, "cpu.system_percent", percent(r.groupCores, q.Cores), r.groupErr)
	}
	u.ProcessPercent = orNil(g, "cpu.process_percent", percent(r.processCores, u.LimitCores), r.processErr)
	u.ThrottledPercent = orNil(g, "cpu.throttled_percent", r.throttledPercent, r.throttledErr)
	return u
}

func (u *CPU) readLoads(ctx context.Context, sys *system.Reader, g gaps) {
	loads, err := sys.Loads(ctx)
	u.Load1 = orNil(g, "cpu.load1", loads[0], err)
	u.Load5 = orNil(g, "cpu.load5", loads[1], err)
	u.Load15 = orNil(g, "cpu.load15", loads[2], err)
}

// usableCores returns the number of CPUs that the affinity or cpuset of the
// process allowed when it started.
func usableCores() float64 { return float64(runtime.NumCPU()) }

func goroutines() int { return runtime.NumGoroutine() }

package diagnostics

import (
	"cmp"
	"context"
	"maps"
	"os"
	"slices"
	"time"

	"vega/daemon/diagnostics/system"
)

// ProcessUse is the memory and CPU use of a process.
type ProcessUse struct {
	PID  int    `json:"pid"`
	Name string `json:"name"`
	Self bool   `json:"self"` // whether this is the current process
	RSS  uint64 `json:"rss"`
	// CPUPercent is a percentage of all CPUs of the host; nil if not measured.
	CPUPercent *float64 `json:"cpu_percent,omitempty"`
}

// sharers returns a function that reports whether a process counts toward the memory
// limit. It returns nil if all processes do.
func (c *Collector) sharers(m Memory, in Container) func(pid int) bool {
	if m.Source != SourceCgroup || in.Memory == nil {
		return nil
	}
	return c.groups.MemoryMembers(in.Memory.Path)
}

// findProcesses adds the visible processes with the highest memory use and, if
// measureCPU is set, those with the highest CPU use, which needs a second reading.
// If among is not nil, it considers only processes for which among returns true.
func (c *Collector) findProcesses(ctx context.Context, e *Evidence, among func(pid int) bool, measureCPU bool) {
	first, err := c.sys.Processes(ctx)
	e.note("top_memory", err)
	if among != nil {
		maps.DeleteFunc(first, func(pid int, _ system.Process) bool { return !among(pid) })
	}
	if ctx.Err() != nil {
		e.note("top_memory", system.ErrCutShort)
	}
	uses := listUses(first)
	e.TopMemory = largest(uses, func(u ProcessUse) float64 { return float64(u.RSS) })
	if !measureCPU {
		return
	}
	began := time.Now()
	select {
	case <-ctx.Done():
	case <-time.After(cpuWindow):
	}
	second, err := c.sys.Processes(ctx)
	e.note("top_cpu", err)
	if ctx.Err() != nil {
		e.note("top_cpu", system.ErrCutShort)
	}
	e.TopCPU = busiest(first, second, time.Since(began), c.meter.cores())
}

func listUses(processes map[int]system.Process) []ProcessUse {
	uses := make([]ProcessUse, 0, len(processes))
	for pid, p := range processes {
		uses = append(uses, ProcessUse{PID: pid, Name: p.Name, Self: pid == os.Getpid(), RSS: p.RSS})
	}
	return uses
}

func busiest(first, second map[int]system.Process, window time.Duration, cores int) []ProcessUse {
	uses := listUses(second)
	for n := range uses {
		u := &uses[n]
		before, now := first[u.PID], second[u.PID]
		if before.Started != now.Started {
			before = system.Process{} // the process started within the window
		}
		p := percent((now.CPU - before.CPU).Seconds(), window.Seconds()*float64(max(1, cores)))
		u.CPUPercent = &p
	}
	return largest(uses, func(u ProcessUse) float64 { return *u.CPUPercent })
}

// largest returns the maxListed largest elements, without those of size 0.
func largest[T any](of []T, size func(T) float64) []T {
	of = slices.DeleteFunc(append([]T{}, of...), func(t T) bool { return size(t) <= 0 })
	slices.SortFunc(of, func(a, b T) int { return cmp.Compare(size(b), size(a)) })
	return of[:min(len(of), maxListed)]
}

package cgroup

import (
	"time"

	"vega/daemon/diagnostics/kernelfile"
)

// relocateEvery is how often Waits looks for its files again, because an
// orchestrator may move this process to another cgroup, or set a quota.
const relocateEvery = 10 * time.Second

// Waits returns a function that reads what the kernel has counted about tasks that
// waited for a CPU: the container's tasks if the kernel counts them, and otherwise
// the host's. The function is not safe for concurrent use.
func (r *Reader) Waits() func() Waits {
	var pressure, stat string
	var v2 bool
	var located time.Time
	return func() Waits {
		if now := time.Now(); now.Sub(located) >= relocateEvery {
			pressure, stat, v2 = r.pressureFile(), "", false
			if q := r.Quota(); q != nil {
				stat, v2 = r.statFile(q.Path)
			}
			located = now
		}
		var w Waits
		w.Pressure, _ = kernelfile.Read(pressure)
		if stat == "" {
			return w
		}
		if text, err := kernelfile.Read(stat); err == nil {
			w.Throttled = throttledFor(text, v2)
		}
		return w
	}
}

// pressureFile returns the container's file, or the host's.
func (r *Reader) pressureFile() string {
	all, err := r.find()
	if err == nil {
		if t, ok := all.byController[""]; ok {
			file := t.file(t.path, "cpu.pressure")
			if _, err := kernelfile.Read(file); err == nil {
				return file
			}
		}
	}
	return r.hostPressure()
}

func (r *Reader) statFile(level string) (file string, v2 bool) {
	t, err := r.tree("cpu")
	if err != nil {
		return "", false
	}
	return t.file(level, "cpu.stat"), t.v2
}

func throttledFor(text string, v2 bool) *time.Duration {
	name, unit := "throttled_time", time.Nanosecond
	if v2 {
		name, unit = "throttled_usec", time.Microsecond
	}
	n, ok := kernelfile.LookUp(text, name)
	if !ok {
		return nil
	}
	d := time.Duration(n) * unit
	return &d
}

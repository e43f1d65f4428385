package diagnostics

import (
	"os"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	gopscpu "github.com/shirou/gopsutil/v3/cpu"
	gopsdisk "github.com/shirou/gopsutil/v3/disk"
	gopshost "github.com/shirou/gopsutil/v3/host"
	gopsload "github.com/shirou/gopsutil/v3/load"
	gopsmem "github.com/shirou/gopsutil/v3/mem"
	gopsnet "github.com/shirou/gopsutil/v3/net"
	gopsprocess "github.com/shirou/gopsutil/v3/process"

	"vega/daemon/diagnostics/system"
	"vega/policies/check"
)

// plain reads the figures of a Snapshot with sequential calls of gopsutil.
func plain(t testing.TB) {
	t.Helper()
	plainSummary(t)
	p := gopsSelf(t)
	for name, call := range map[string]func() error{
		"Connections": func() error { _, err := gopsnet.Connections("all"); return err },
		"Info":        func() error { _, err := gopshost.Info(); return err },
		"OpenFiles":   func() error { _, err := p.OpenFiles(); return err },
		"Username":    func() error { _, err := p.Username(); return err },
		"CreateTime":  func() error { _, err := p.CreateTime(); return err },
		"Cwd":         func() error { _, err := p.Cwd(); return err },
		"Exe":         func() error { _, err := p.Exe(); return err },
		"Usage":       func() error { _, err := gopsdisk.Usage("/"); return err },
		"ReadMem":     func() error { var m runtime.MemStats; runtime.ReadMemStats(&m); return nil },
	} {
		if err := call(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
}

// plainSummary reads the figures of a Summary with gopsutil.
func plainSummary(t testing.TB) {
	t.Helper()
	p := gopsSelf(t)
	for name, call := range map[string]func() error{
		"VirtualMemory": func() error { _, err := gopsmem.VirtualMemory(); return err },
		"MemoryInfo":    func() error { _, err := p.MemoryInfo(); return err },
		"Percent":       func() error { _, err := gopscpu.Percent(0, false); return err },
		"CPUPercent":    func() error { _, err := p.CPUPercent(); return err },
		"Avg":           func() error { _, err := gopsload.Avg(); return err },
		"NumThreads":    func() error { _, err := p.NumThreads(); return err },
		"NumFDs":        func() error { _, err := p.NumFDs(); return err },
		"RlimitUsage":   func() error { _, err := p.RlimitUsage(true); return err },
		"Usage":         func() error { _, err := gopsdisk.Usage(os.TempDir()); return err },
	} {
		if err := call(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
}

func gopsSelf(t testing.TB) *gopsprocess.Process {
	t.Helper()
	p, err := gopsprocess.NewProcess(int32(os.Getpid()))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// fresh takes a snapshot that can't reuse anything, which is the slowest kind.
func fresh(t testing.TB, c *Collector) {
	t.Helper()
	c.meter.mu.Lock()
	c.meter.last.at = c.meter.last.at.Add(-freshFor)
	c.meter.mu.Unlock()
	c.sys = system.New()
	snapshot(t, c)
}

func at(sorted []time.Duration, share float64) time.Duration {
	return sorted[min(len(sorted)-1, int(share*float64(len(sorted))))]
}

// BenchmarkSnapshot compares a snapshot that can't reuse anything, a summary, and
// gopsutil alone. It does so in an idle process, with 10,000 sockets, with 5,000
// goroutines, and with all CPUs busy.
func BenchmarkSnapshot(b *testing.B) {
	for _, s := range []struct {
		name    string
		prepare func(b *testing.B)
	}{
		{"idle", func(*testing.B) {}},
		{"sockets=10000", func(b *testing.B) { pairs(b, 5000) }},
		{"goroutines=5000", waiting},
		{"saturated", burning},
	} {
		b.Run(s.name, func(b *testing.B) {
			s.prepare(b)
			c := settled(b)
			for _, v := range []struct {
				name string
				call func()
			}{
				{"snapshot", func() { fresh(b, c) }},
				{"summary", func() { _, _ = c.Summary(b.Context()) }},
				{"gopsutil", func() { plain(b) }},
				{"gopsutil-summary", func() { plainSummary(b) }},
			} {
				b.Run(v.name, func(b *testing.B) { measure(b, v.call) })
			}
		})
	}
}

func measure(b *testing.B, call func()) {
	b.Helper()
	b.ReportAllocs()
	var took []time.Duration
	for b.Loop() {
		began := time.Now()
		call()
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	for name, share := range map[string]float64{"p50-ms": 0.5, "p99-ms": 0.99} {
		b.ReportMetric(check.Milliseconds(at(took, share)), name)
	}
}

func waiting(b *testing.B) {
	end := make(chan struct{})
	for range 5000 {
		go func() { <-end }()
	}
	b.Cleanup(func() { close(end) })
}

func burning(b *testing.B) {
	var end atomic.Bool
	for range runtime.NumCPU() {
		go func() {
			for !end.Load() {
			}
		}()
	}
	b.Cleanup(func() { end.Store(true) })
}

// BenchmarkExplain measures Explain with many goroutines and sockets.
func BenchmarkExplain(b *testing.B) {
	waiting(b)
	pairs(b, 5000)
	c := settled(b)
	for _, resource := range Resources() {
		b.Run(resource, func(b *testing.B) { measure(b, func() { explained(b, c, resource) }) })
	}
}

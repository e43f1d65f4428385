package diagnostics

import (
	"context"
	"errors"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"vega/daemon/diagnostics/system"
	"vega/daemon/realtest"
)

// hanging simulates a mount whose server is gone. Calls return once release is
// closed.
type hanging struct {
	asked   atomic.Int32
	release chan struct{}
}

func (h *hanging) usage(string) (system.DiskUsage, error) {
	h.asked.Add(1)
	<-h.release
	return system.DiskUsage{FileSystem: "nfs", Total: 100, Used: 40, Free: 60, Percent: 40, Device: 7}, nil
}

// TestStuckDisk reads a hanging mount many times. Every reading must report the
// start of the hang, all except the first must do so immediately, and only one
// goroutine may wait.
func TestStuckDisk(t *testing.T) {
	h := &hanging{release: make(chan struct{})}
	data := filepath.Join(t.TempDir(), "mounted")
	c, err := newCollector(Options{DataDir: data}, func(path string) (system.DiskUsage, error) {
		if path == data {
			return h.usage(path)
		}
		return system.UsageOf(path)
	})
	if err != nil {
		t.Fatal(err)
	}
	before := runtime.NumGoroutine()
	began := time.Now()
	first := snapshot(t, c)
	if first.Disk.StuckSince == nil || first.Disk.StuckSince.Before(began.Add(-time.Second)) {
		t.Fatalf("%+v", first.Disk)
	}
	if first.Disk.Percent != nil || !strings.Contains(first.Unavailable["disk"], "stuck") {
		t.Errorf("%+v, %v", first.Disk, first.Unavailable)
	}
	if len(first.Disks) != 2 || first.Disks[1].Percent == nil {
		t.Errorf("the root file system: %+v", first.Disks)
	}
	for range 50 {
		if s := snapshot(t, c); s.Disk.StuckSince == nil || !s.Disk.StuckSince.Equal(*first.Disk.StuckSince) {
			t.Fatalf("%+v", s.Disk)
		}
	}
	if n := h.asked.Load(); n != 1 {
		t.Errorf("the mount was read %d times, want once", n)
	}
	for deadline := time.Now().Add(realtest.Patience); runtime.NumGoroutine() > before+1; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) { // the goroutine for the root directory may not have ended yet
			t.Fatalf("%d goroutines, had %d before the mount hung", runtime.NumGoroutine(), before)
		}
	}
	close(h.release)
	checkRecovery(t, c)
}

func checkRecovery(t *testing.T, c *Collector) {
	t.Helper()
	for deadline := time.Now().Add(realtest.Patience); ; time.Sleep(time.Millisecond) {
		s, err := c.Summary(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if s.Disk.StuckSince == nil && s.Disk.Percent != nil && *s.Disk.Percent == 40 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("still %+v after the mount recovered", s.Disk)
		}
	}
}

func TestOnlyFirstCallerWaitsForStuckDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &hanging{release: make(chan struct{})}
		defer close(h.release)
		g := newGuard(func() (system.DiskUsage, error) { return h.usage("") })
		began := time.Now()
		for n := range 50 {
			if _, err := g.ask(t.Context()); err == nil || time.Since(began) != stuckAfter {
				t.Fatalf("caller %d returned %v after the first call began: %v", n, time.Since(began), err)
			}
		}
		if n := h.asked.Load(); n != 1 {
			t.Errorf("the mount was read %d times, want once", n)
		}
	})
}

func TestStuckDiskReturnsWhenContextEnds(t *testing.T) {
	h := &hanging{release: make(chan struct{})}
	defer close(h.release)
	g := newGuard(func() (system.DiskUsage, error) { return h.usage("") })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := g.ask(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func TestEachFileSystemIsReportedOnce(t *testing.T) {
	devices := map[string]uint64{"/data/vega": 2, "/": 1, "/srv": 2, "/unknown": 0, "/other": 3}
	var asked []Disk
	c, err := newCollector(Options{DataDir: "/data/vega", Disks: []string{"/srv", "/unknown", "/other", "/other"}},
		func(path string) (system.DiskUsage, error) {
			if path == "/unknown" {
				return system.DiskUsage{}, errors.New("no such device")
			}
			return system.DiskUsage{Device: devices[path], Total: 1}, nil
		})
	if err != nil {
		t.Fatal(err)
	}
	g := gaps{}
	asked = c.allDisks(t.Context(), g)
	var paths []string
	for _, d := range asked {
		paths = append(paths, d.Path)
	}
	if got := strings.Join(paths, " "); got != "/data/vega / /unknown /other" {
		t.Errorf("disks %s", got)
	}
	if g["disks.2"] != "no such device" || g["disks.0.inodes_percent"] == "" {
		t.Errorf("%v", g)
	}
}

// TestSampleWithAStuckDisk checks that only the figures of the stuck file system are
// unavailable, and that a sample has no more than what is wanted.
func TestSampleWithAStuckDisk(t *testing.T) {
	h := &hanging{release: make(chan struct{})}
	defer close(h.release)
	data := filepath.Join(t.TempDir(), "mounted")
	c, err := newCollector(Options{DataDir: data}, func(path string) (system.DiskUsage, error) {
		if path == data {
			return h.usage(path)
		}
		return system.UsageOf(path)
	})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		s, err := c.Sample(t.Context(), func(resource string) bool { return resource == "disks" })
		if err != nil {
			t.Fatal(err)
		}
		for path, known := range map[string]bool{"memory.percent": true, "file_descriptors.open": true, "disk.percent": false} {
			if _, err := s.Value(path); (err == nil) != known {
				t.Errorf("%s: %v", path, err)
			}
		}
		if len(s.Disks) != 2 || s.Disks[0].StuckSince == nil || s.Disks[1].Percent == nil || s.Network.Total != nil || s.Process.PID != 0 {
			t.Errorf("%+v", s)
		}
	}
	if n := h.asked.Load(); n != 1 {
		t.Errorf("the mount was read %d times, want once", n)
	}
}

package diagnostics

import (
	"context"
	"math"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"vega/daemon/diagnostics/kernelfile"
	"vega/daemon/diagnostics/system"
	"vega/daemon/realtest"
)

// output runs an installed program and returns its output.
func output(t *testing.T, name string, args ...string) string {
	t.Helper()
	path := realtest.Program(t, name, "procps iproute2 coreutils")
	ctx, cancel := context.WithTimeout(t.Context(), realtest.Patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	text, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return string(text)
}

// column returns the number under a title in the line whose first field is row.
func column(t *testing.T, text, row, title string) float64 {
	t.Helper()
	lines := strings.Split(text, "\n")
	titles := strings.Fields(lines[0])
	for _, line := range lines[1:] {
		fields := strings.Fields(line)
		if len(fields) == 0 || row != "" && fields[0] != row {
			continue
		}
		offset := len(fields) - len(titles) // free prints no title above the row names
		for n := range titles {
			if titles[n] == title {
				v, err := strconv.ParseFloat(strings.TrimSuffix(fields[n+offset], "%"), 64)
				if err != nil {
					t.Fatal(err)
				}
				return v
			}
		}
	}
	t.Fatalf("no %s of %q in\n%s", title, row, text)
	return 0
}

// status returns the number in a line of /proc/self/status.
func status(t *testing.T, name string) float64 {
	t.Helper()
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(text), "\n"+name+":")
	v, err := strconv.ParseFloat(strings.Fields(after)[0], 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// same compares a figure with that of another source that is read at almost the same
// time.
func same[T int | uint64 | float64](t reporter, name string, got *T, want, tolerance float64) {
	t.Helper()
	if got == nil {
		t.Errorf("%s is nil, want %v", name, want)
		return
	}
	if math.Abs(float64(*got)-want) > tolerance {
		t.Errorf("%s is %v, want %v ± %v", name, *got, want, tolerance)
	}
}

// TestMemoryAgreesWithTools compares memory figures with free, ps and
// /proc/self/status.
func TestMemoryAgreesWithTools(t *testing.T) {
	agree(t, func(r reporter) {
		m := snapshot(t, settled(t)).Memory
		free := output(t, "free", "-b")
		ps := output(t, "ps", "-o", "rss,vsz", "-p", strconv.Itoa(os.Getpid()))
		total := column(t, free, "Mem:", "total")
		same(r, "system_total", m.SystemTotal, total, 0)
		same(r, "system_available", m.SystemAvailable, column(t, free, "Mem:", "available"), total/20)
		same(r, "system_used", m.SystemUsed, total-column(t, free, "Mem:", "available"), total/20)
		if m.Source == SourceHost {
			same(r, "percent", m.Percent, 100*(1-column(t, free, "Mem:", "available")/total), 5)
			same(r, "limit", m.Limit, total, 0)
		}
		same(r, "process_rss", m.ProcessRSS, 1024*column(t, ps, "", "RSS"), 8*mib)
		same(r, "process_rss", m.ProcessRSS, 1024*status(t, "VmRSS"), 8*mib)
		same(r, "process_vms", m.ProcessVMS, 1024*column(t, ps, "", "VSZ"), 128*mib)
		same(r, "process_vms", m.ProcessVMS, 1024*status(t, "VmSize"), 128*mib)
	})
}

// TestThreadsAgreeWithTools compares counts of locked threads and waiting goroutines
// with ps and the runtime.
func TestThreadsAgreeWithTools(t *testing.T) {
	release := make(chan struct{})
	defer close(release)
	locked := make(chan struct{})
	for range 20 {
		go func() {
			runtime.LockOSThread()
			locked <- struct{}{}
			<-release
		}()
		<-locked
	}
	for range 100 {
		go func() { <-release }()
	}
	agree(t, func(r reporter) {
		s := snapshot(t, settled(t))
		ps := output(t, "ps", "-o", "nlwp", "-p", strconv.Itoa(os.Getpid()))
		same(r, "threads.total", s.Threads.Total, column(t, ps, "", "NLWP"), 3)
		same(r, "threads.total", s.Threads.Total, status(t, "Threads"), 3)
		same(r, "cpu.threads", s.CPU.Threads, status(t, "Threads"), 3)
		if s.Threads.GoRoutines < 120 || *s.Threads.Total < 20 {
			r.Errorf("%+v", s.Threads)
		}
		same(r, "go_routines", &s.Threads.GoRoutines, float64(runtime.NumGoroutine()), 3)
		same(r, "runtime.goroutines", &s.Runtime.Goroutines, float64(runtime.NumGoroutine()), 3)
	})
}

// TestFilesAgreeWithTools compares counts of open files with a directory listing,
// and limits with /proc/self/limits and ulimit.
func TestFilesAgreeWithTools(t *testing.T) {
	for range 50 {
		f, err := os.Open(os.DevNull)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
	}
	agree(t, func(r reporter) {
		f := snapshot(t, settled(t)).FileDescriptors
		names, err := kernelfile.Names("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		open := float64(len(names) - 1) // without the directory that the listing opened
		same(r, "open", f.Open, open, 2)
		text, err := os.ReadFile("/proc/self/limits")
		if err != nil {
			t.Fatal(err)
		}
		_, after, _ := strings.Cut(string(text), "Max open files")
		limits := strings.Fields(after)
		for n, got := range []*uint64{f.SoftLimit, f.HardLimit} {
			if got == nil || counted(*got) != limits[n] {
				r.Errorf("limit %d is %v, want %s", n, got, limits[n])
			}
		}
		if hard := strings.TrimSpace(output(t, "sh", "-c", "ulimit -H -n")); hard != counted(*f.HardLimit) {
			r.Errorf("hard_limit is %d, ulimit says %s", *f.HardLimit, hard)
		}
		same(r, "percent", f.Percent, 100*open/float64(*f.SoftLimit), 1)
	})
}

// TestDiskAgreesWithTools compares disk figures with df.
func TestDiskAgreesWithTools(t *testing.T) {
	dir := t.TempDir()
	c, err := New(Options{DataDir: filepath.Join(dir, "later"), Disks: []string{"/proc"}})
	if err != nil {
		t.Fatal(err)
	}
	agree(t, func(r reporter) {
		s := snapshot(t, c)
		df := output(t, "df", "-B1", "--output=size,used,avail,pcent,ipcent", dir)
		total := column(t, df, "", "1B-blocks")
		same(r, "total", s.Disk.Total, total, 0)
		same(r, "used", s.Disk.Used, column(t, df, "", "Used"), total/50)
		same(r, "free", s.Disk.Free, column(t, df, "", "Avail"), total/50)
		same(r, "percent", s.Disk.Percent, column(t, df, "", "Use%"), 2)
		if s.Disk.InodesPercent != nil {
			same(r, "inodes_percent", s.Disk.InodesPercent, column(t, df, "", "IUse%"), 2)
		}
		if last := s.Disks[len(s.Disks)-1]; last.Path != "/proc" || last.FileSystem == nil || *last.FileSystem != "proc" || last.InodesPercent != nil {
			r.Errorf("%+v", last)
		}
	})
}

// TestProcessAgreesWithTools compares Process with ps and the user database.
func TestProcessAgreesWithTools(t *testing.T) {
	agree(t, func(r reporter) {
		p := snapshot(t, settled(t)).Process
		me, err := user.Current()
		if err != nil {
			t.Fatal(err)
		}
		cwd, err := os.Getwd()
		if err != nil {
			t.Fatal(err)
		}
		ps := strings.Fields(output(t, "ps", "-o", "etimes=,user=", "-p", strconv.Itoa(os.Getpid())))
		age, err := strconv.ParseFloat(ps[0], 64)
		if err != nil {
			t.Fatal(err)
		}
		if p.CreateTime == nil || math.Abs(time.Since(*p.CreateTime).Seconds()-age) > 2 || p.CreateTime.Location() != time.UTC {
			r.Errorf("create_time is %v, ps says %v seconds ago", p.CreateTime, age)
		}
		if p.PID != os.Getpid() || p.Username == nil || *p.Username != me.Username || !strings.HasPrefix(*p.Username, strings.TrimSuffix(ps[1], "+")) {
			r.Errorf("%+v, want %s", p, me.Username)
		}
		if p.CWD == nil || *p.CWD != cwd || p.Executable == nil || !strings.HasSuffix(*p.Executable, ".test") || p.GoVersion != runtime.Version() {
			r.Errorf("%+v", p)
		}
	})
}

// TestCPUAgreesWithTools compares CPU figures with /proc and with the CPU time that
// the test itself uses.
func TestCPUAgreesWithTools(t *testing.T) {
	c := settled(t)
	agree(t, func(r reporter) {
		_ = snapshot(t, c)
		began := time.Now()
		used, err := system.ProcessTime()
		if err != nil {
			t.Fatal(err)
		}
		spin(1500 * time.Millisecond)
		u := snapshot(t, c).CPU
		after, err := system.ProcessTime()
		if err != nil {
			t.Fatal(err)
		}
		want := 100 * (after - used).Seconds() / time.Since(began).Seconds() / u.LimitCores
		same(r, "process_percent", u.ProcessPercent, want, 10)
		text, err := os.ReadFile("/proc/loadavg")
		if err != nil {
			t.Fatal(err)
		}
		for n, got := range []*float64{u.Load1, u.Load5, u.Load15} {
			want, err := strconv.ParseFloat(strings.Fields(string(text))[n], 64)
			if err != nil {
				t.Fatal(err)
			}
			same(r, "load", got, want, 1)
		}
		stat, err := os.ReadFile("/proc/stat")
		if err != nil {
			t.Fatal(err)
		}
		same(r, "host_cores", u.HostCores, float64(strings.Count(string(stat), "\ncpu")), 0)
	})
}

// TestRuntimeAgreesWithMemStats compares Runtime with the older API of package
// runtime.
func TestRuntimeAgreesWithMemStats(t *testing.T) {
	keep := make([]byte, 32*mib)
	agree(t, func(r reporter) {
		runtime.GC()
		got := snapshot(t, settled(t)).Runtime
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		same(r, "heap.used", &got.Heap.Used, float64(m.HeapAlloc), 8*mib)
		same(r, "heap.live", got.Heap.Live, float64(m.HeapAlloc), 8*mib)
		same(r, "heap.goal", &got.Heap.Goal, float64(m.NextGC), 16*mib)
		same(r, "heap.total", &got.Heap.Total, float64(m.Sys-m.HeapReleased), 16*mib)
		same(r, "heap.objects", &got.Heap.Objects, float64(m.HeapObjects), 50_000)
		same(r, "gc.cycles", &got.GC.Cycles, float64(m.NumGC), 1)
	})
	runtime.KeepAlive(keep)
}

// TestPressureAgreesWithKernel compares memory pressure with /proc/pressure/memory.
func TestPressureAgreesWithKernel(t *testing.T) {
	text, err := os.ReadFile("/proc/pressure/memory")
	p := snapshot(t, settled(t)).Pressure
	if err != nil {
		if p.Memory != nil {
			t.Errorf("pressure %+v although the kernel reports none: %v", p.Memory, err)
		}
		t.Log("this kernel does not report pressure:", err)
		return
	}
	some := strings.Fields(string(text))
	total, err := strconv.ParseFloat(strings.TrimPrefix(some[4], "total="), 64)
	if err != nil {
		t.Fatal(err)
	}
	if p.Memory == nil || p.Memory.Some.TotalMS < total/1000 || p.Memory.Some.TotalMS > total/1000+60_000 {
		t.Errorf("%+v, want slightly more than %v ms", p.Memory, total/1000)
	}
}

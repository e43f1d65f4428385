package diagnostics

import (
	"errors"
	"math"
	"os"
	"path"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strconv"
	"strings"
	"testing"
	"time"

	"vega/daemon/diagnostics/kernelfile"
	"vega/daemon/diagnostics/system"
	"vega/policies/check"
)

// expectation is the value of a figure according to another source.
type expectation struct {
	source    string
	value     float64
	tolerance float64
	upper     bool // value is only an upper bound, because no source counts the same thing
}

// others collects the values that other sources report.
type others struct {
	t   *testing.T
	all map[string]expectation
}

func (o others) expect(name, source string, value, tolerance float64) {
	o.all[name] = expectation{source: source, value: value, tolerance: tolerance}
}

func (o others) bound(name, source string, limit float64) {
	o.all[name] = expectation{source: source, value: limit, upper: true}
}

// TestEveryFieldAgreesWithAnotherSource compares every figure with an independent
// source on this machine. The test fails if a figure has no other source, or is
// unavailable although another source has it.
func TestEveryFieldAgreesWithAnotherSource(t *testing.T) {
	c := settled(t)
	release := make(chan struct{})
	defer close(release)
	for range 30 { // enough to show a difference
		go func() { <-release }()
	}
	for range 100 {
		f, err := os.Open(os.DevNull)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
	}
	agree(t, func(r reporter) { everyField(t, r, c) })
}

func everyField(t *testing.T, r reporter, c *Collector) {
	first := snapshot(t, c)
	stat, used, began := hostTicks(t), selfTime(t), time.Now()
	for end := time.Now().Add(time.Second); time.Now().Before(end); {
		spin(50 * time.Millisecond)
		runtime.GC()
		time.Sleep(50 * time.Millisecond)
	}
	s := snapshot(t, c)
	o := others{t, map[string]expectation{}}
	o.processors(s, stat, used, began)
	o.bound("cpu.window_ms", "since the reading before", check.Milliseconds(time.Since(first.CPU.MeasuredAt))) // the window may be older
	o.memory(s)
	o.counts(s)
	o.disk(s)
	o.pressure("pressure", "/proc/pressure")
	o.network()
	o.runtime(first)
	o.container(s)
	for _, name := range Paths() {
		other, there := o.all[name]
		got, err := s.Value(name)
		why := new(UnavailableError)
		switch {
		case errors.As(err, &why) && why.Reason != unexplained && !there:
			t.Logf("%-40s %14s | unavailable: %s", name, "null", why.Reason)
		case err != nil:
			r.Errorf("%s: %v, but %s has %v", name, err, other.source, other.value)
		case !there:
			r.Errorf("%s is %v, and no other source has it", name, got)
		case other.upper:
			t.Logf("%-40s %14.6g | at most %.6g, %s", name, got, other.value, other.source)
			if got < 0 || got > other.value {
				r.Errorf("%s is %v, %s is %v", name, got, other.source, other.value)
			}
		default:
			t.Logf("%-40s %14.6g | %.6g, %s", name, got, other.value, other.source)
			if math.Abs(got-other.value) > other.tolerance {
				r.Errorf("%s is %v, %s has %v ± %v", name, got, other.source, other.value, other.tolerance)
			}
		}
	}
}

// hostTicks returns the busy and the total ticks of the first line of /proc/stat.
func hostTicks(t *testing.T) (ticks [2]float64) {
	t.Helper()
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		t.Fatal(err)
	}
	line, _, _ := strings.Cut(string(text), "\n")
	for n, field := range strings.Fields(line)[1:9] { // guest time is part of user and nice
		v, err := strconv.ParseFloat(field, 64)
		if err != nil {
			t.Fatal(err)
		}
		ticks[1] += v
		if n != 3 && n != 4 { // idle, iowait
			ticks[0] += v
		}
	}
	return ticks
}

func selfTime(t *testing.T) time.Duration {
	t.Helper()
	d, err := system.ProcessTime()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func (o others) processors(s Snapshot, stat [2]float64, used time.Duration, began time.Time) {
	now, cores := hostTicks(o.t), float64(strings.Count(o.text("/proc/stat"), "\ncpu"))
	busy := 100 * (now[0] - stat[0]) / max(1, now[1]-stat[1])
	o.expect("cpu.host_percent", "/proc/stat", busy, 20)
	if s.CPU.Source == SourceHost {
		o.expect("cpu.system_percent", "/proc/stat", busy, 20)
		o.expect("cpu.limit_cores", "nproc", parsed(o.t, strings.TrimSpace(output(o.t, "nproc"))), 0)
	}
	o.expect("cpu.host_cores", "/proc/stat", cores, 0)
	spent := (selfTime(o.t) - used).Seconds() / time.Since(began).Seconds()
	o.expect("cpu.process_percent", "getrusage", 100*spent/s.CPU.LimitCores, 20)
	for n, name := range []string{"cpu.load1", "cpu.load5", "cpu.load15"} {
		o.expect(name, "/proc/loadavg", parsed(o.t, strings.Fields(o.text("/proc/loadavg"))[n]), 1)
	}
	o.bound("duration_ms", "the clock", check.Milliseconds(time.Since(began)))
}

func (o others) memory(s Snapshot) {
	free := output(o.t, "free", "-b")
	total, available := column(o.t, free, "Mem:", "total"), column(o.t, free, "Mem:", "available")
	o.expect("memory.system_total", "free", total, 0)
	o.expect("memory.system_available", "free", available, total/20)
	o.expect("memory.system_used", "free", total-available, total/20)
	if s.Memory.Source == SourceHost {
		o.expect("memory.limit", "free", total, 0)
		o.expect("memory.used", "free", total-available, total/20)
		o.expect("memory.percent", "free", 100*(1-available/total), 5)
	}
	ps := output(o.t, "ps", "-o", "rss,vsz", "-p", strconv.Itoa(os.Getpid()))
	o.expect("memory.process_rss", "ps", 1024*column(o.t, ps, "", "RSS"), 8*mib)
	o.expect("memory.process_vms", "ps", 1024*column(o.t, ps, "", "VSZ"), 128*mib)
}

func (o others) counts(Snapshot) {
	self := strconv.Itoa(os.Getpid())
	threads := parsed(o.t, strings.TrimSpace(output(o.t, "ps", "-o", "nlwp=", "-p", self)))
	o.expect("threads.total", "ps", threads, 5)
	o.expect("cpu.threads", "ps", threads, 5)
	o.expect("threads.go_routines", "runtime.NumGoroutine", float64(runtime.NumGoroutine()), 5)
	o.expect("runtime.goroutines", "runtime.NumGoroutine", float64(runtime.NumGoroutine()), 5)
	o.expect("process.pid", "ps", parsed(o.t, strings.TrimSpace(output(o.t, "ps", "-o", "pid=", "-p", self))), 0)
	listed := parsed(o.t, strings.TrimSpace(output(o.t, "sh", "-c", "ls /proc/"+self+"/fd | wc -l")))
	o.expect("file_descriptors.open", "ls /proc/PID/fd", listed, 12) // some are pipes to the shell
	// A shell inherits the limits that this process was started with.
	hard := parsed(o.t, strings.TrimSpace(output(o.t, "sh", "-c", "ulimit -H -n")))
	o.expect("file_descriptors.hard_limit", "ulimit -H -n", hard, 0)
	_, after, _ := strings.Cut(o.text("/proc/self/limits"), "Max open files")
	soft := parsed(o.t, strings.Fields(after)[0])
	o.expect("file_descriptors.soft_limit", "/proc/self/limits", soft, 0)
	o.expect("file_descriptors.percent", "both", 100*listed/soft, 1)
}

func (o others) disk(s Snapshot) {
	df := output(o.t, "df", "-B1", "--output=size,used,avail,pcent,ipcent", s.Disk.Path)
	total := column(o.t, df, "", "1B-blocks")
	o.expect("disk.total", "df", total, 0)
	o.expect("disk.used", "df", column(o.t, df, "", "Used"), total/50)
	o.expect("disk.free", "df", column(o.t, df, "", "Avail"), total/50)
	o.expect("disk.percent", "df", column(o.t, df, "", "Use%"), 2)
	if s.Disk.InodesPercent != nil {
		o.expect("disk.inodes_percent", "df", column(o.t, df, "", "IUse%"), 2)
	}
}

// pressure reads a directory with the files cpu, memory and io, or cpu.pressure,
// memory.pressure and io.pressure.
func (o others) pressure(name, dir string) {
	for _, resource := range []string{"cpu", "memory", "io"} {
		file := path.Join(dir, resource)
		if dir != "/proc/pressure" {
			file += ".pressure"
		}
		text, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(text)) {
			fields := strings.Fields(line)
			for _, field := range fields[1:] {
				key, value, _ := strings.Cut(field, "=")
				v := parsed(o.t, value)
				if at := strings.Join([]string{name, resource, fields[0]}, "."); key == "total" {
					o.expect(at+".total_ms", file, v/1000, 5000)
				} else {
					o.expect(at+"."+key, file, v, 30) // it changes continuously
				}
			}
		}
	}
}

func (o others) network() {
	counts, total := map[string]float64{}, 0.0
	names := map[string]string{
		"ESTAB": "ESTABLISHED", "SYN-SENT": "SYN_SENT", "SYN-RECV": "SYN_RECV", "FIN-WAIT-1": "FIN_WAIT1", "FIN-WAIT-2": "FIN_WAIT2",
		"TIME-WAIT": "TIME_WAIT", "UNCONN": "NONE", "CLOSE-WAIT": "CLOSE_WAIT", "LAST-ACK": "LAST_ACK", "LISTEN": "LISTEN", "CLOSING": "CLOSING",
	}
	for kind, text := range map[string]string{"tcp": output(o.t, "ss", "-Htan"), "udp": output(o.t, "ss", "-Huan")} {
		for line := range strings.Lines(text) {
			state := names[strings.Fields(line)[0]]
			if kind == "tcp" && state == "NONE" {
				state = "CLOSE"
			}
			counts[state]++
			total++
		}
	}
	const moving = 40 // sockets of other programs come and go
	o.expect("network.total", "ss", total, moving)
	for _, status := range system.Statuses() {
		o.expect("network.by_status."+status, "ss", counts[status], moving)
	}
	o.expect("network.by_status.OTHER", "ss", counts[""], 0)
}

// runtime reads the older API of package runtime. It sets bounds for figures that
// only runtime/metrics provides.
func (o others) runtime(before Snapshot) {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	var gc debug.GCStats
	debug.ReadGCStats(&gc)
	o.expect("runtime.gomaxprocs", "runtime.GOMAXPROCS", float64(runtime.GOMAXPROCS(0)), 0)
	o.expect("runtime.heap.used", "runtime.MemStats", float64(m.HeapAlloc), 8*mib)
	o.expect("runtime.heap.live", "runtime.MemStats", float64(m.HeapAlloc), 8*mib)
	o.expect("runtime.heap.goal", "runtime.MemStats", float64(m.NextGC), 16*mib)
	o.expect("runtime.heap.objects", "runtime.MemStats", float64(m.HeapObjects), 50_000)
	o.expect("runtime.heap.stacks", "runtime.MemStats", float64(m.StackInuse), mib)
	o.expect("runtime.heap.idle", "runtime.MemStats", float64(m.HeapIdle-m.HeapReleased), 8*mib)
	o.expect("runtime.heap.total", "runtime.MemStats", float64(m.Sys-m.HeapReleased), 16*mib)
	if limit := debug.SetMemoryLimit(-1); limit != math.MaxInt64 {
		o.expect("runtime.heap.limit", "debug.SetMemoryLimit", float64(limit), 0)
	}
	o.expect("runtime.gc.cycles", "runtime.MemStats", float64(m.NumGC), 1)
	o.bound("runtime.gc.cpu_percent", "100 percent", 100)
	cycles := float64(m.NumGC) - float64(before.Runtime.GC.Cycles)
	o.expect("runtime.gc.pause.count", "two per cycle of runtime.MemStats", 2*cycles, 8)
	longest := 0.0
	for _, p := range gc.Pause[:min(len(gc.Pause), int(cycles)+1)] {
		longest = max(longest, check.Milliseconds(p))
	}
	for _, name := range []string{"p50_ms", "p99_ms", "max_ms"} {
		o.bound("runtime.gc.pause."+name, "debug.GCStats, rounded up to a bucket", 1.5*longest+0.1)
		o.bound("runtime.sched_latency."+name, "the window, rounded up to a bucket", 1.5*check.Milliseconds(time.Since(before.CPU.MeasuredAt)))
	}
	o.bound("runtime.sched_latency.count", "total since the start", float64(scheduled()))
	o.bound("runtime.window_ms", "since the reading before", check.Milliseconds(time.Since(before.CPU.MeasuredAt))) // the window may be older
}

// scheduled returns how often a goroutine has waited for a CPU since the start.
func scheduled() (n uint64) {
	sample := []metrics.Sample{{Name: latenciesName}}
	metrics.Read(sample)
	for _, count := range sample[0].Value.Float64Histogram().Counts {
		n += count
	}
	return n
}

// container reads the files of cgroups v1 and v2. TestConfinedProcessSeesItsLimits
// covers the limits.
func (o others) container(s Snapshot) {
	if s.Container.Memory == nil {
		return
	}
	for _, files := range []struct{ top, current, inactive string }{
		{"/sys/fs/cgroup/memory", "memory.usage_in_bytes", "total_inactive_file"},
		{"/sys/fs/cgroup", "memory.current", "inactive_file"},
	} {
		dir := path.Join(files.top, s.Container.Memory.Path)
		text, err := os.ReadFile(path.Join(dir, files.current))
		if err != nil {
			continue
		}
		current := parsed(o.t, strings.TrimSpace(string(text)))
		inactive, _ := kernelfile.LookUp(o.text(path.Join(dir, "memory.stat")), files.inactive)
		o.expect("container.memory.current", files.current, current, 512*mib)
		o.expect("container.memory.working_set", files.current+" - "+files.inactive, current-float64(inactive), 512*mib)
		events, name := path.Join(dir, "memory.oom_control"), "oom_kill"
		if files.current == "memory.current" {
			events = path.Join(dir, "memory.events")
		}
		if kills, ok := kernelfile.LookUp(o.text(events), name); ok {
			o.expect("container.memory.oom_kills", path.Base(events), float64(kills), 1)
		}
		break
	}
	if s.Container.Pressure != nil && s.Container.Path != nil {
		o.pressure("container.pressure", path.Join("/sys/fs/cgroup", *s.Container.Path))
	}
}

func (o others) text(file string) string {
	o.t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		o.t.Fatal(err)
	}
	return string(text)
}

func parsed(t *testing.T, text string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

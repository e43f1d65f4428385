package diagnostics

import (
	"errors"
	"math"
	"os"
	"runtime"
	"runtime/metrics"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"vega/daemon/diagnostics/cgroup"
	"vega/daemon/diagnostics/system"
)

func near(got *float64, want, tolerance float64) bool {
	return got != nil && math.Abs(*got-want) <= tolerance
}

// samples returns a function that takes samples of a half-busy host with two CPUs,
// and of a process that uses half a CPU in a cgroup with a quota.
func samples(taken *atomic.Int32) func() sample {
	start := time.Now()
	return func() sample {
		taken.Add(1)
		up := time.Since(start)
		return sample{
			at:      time.Now(),
			process: up / 2,
			host:    system.HostTimes{Busy: up.Seconds(), Total: 2 * up.Seconds(), Cores: 2},
			quota: &cgroup.Quota{
				Path: "/a", Cores: 1, Usage: up * 3 / 4,
				Periods: uint64(up / (100 * time.Millisecond)), Throttled: uint64(up / (400 * time.Millisecond)),
			},
		}
	}
}

func TestReadsWithinOneSecondShareWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var taken atomic.Int32
		m := newMeter(samples(&taken), time.Now().Add(-time.Minute))
		if r := m.read(); r.basis != BasisStart || r.window != time.Minute || !errors.Is(r.hostErr, errTooSoon) {
			t.Errorf("before the first window: %+v", r)
		}
		time.Sleep(minWindow)
		r := m.read()
		if r.basis != BasisWindow || r.window != minWindow || r.hostPercent != 50 || r.processCores != 0.5 {
			t.Errorf("the first window: %+v", r)
		}
		for range 9 {
			time.Sleep(100 * time.Millisecond)
			if again := m.read(); again.at != r.at {
				t.Errorf("different rates %v later", again.at.Sub(r.at))
			}
		}
		time.Sleep(3 * time.Second)
		r = m.read()
		if r.window != 3900*time.Millisecond || r.groupCores != 0.75 || math.Abs(r.throttledPercent-25) > 3 {
			t.Errorf("the next window: %+v", r)
		}
		if n := taken.Load(); n != 3 {
			t.Errorf("%d samples", n)
		}
	})
}

func TestResetCountersGiveNoRates(t *testing.T) {
	at := time.Now()
	a := sample{at: at, host: system.HostTimes{Busy: 9, Total: 10, Cores: 1}, quota: &cgroup.Quota{Path: "/a", Cores: 1}}
	b := sample{at: at.Add(time.Second), host: system.HostTimes{Busy: 1, Total: 2, Cores: 1}, quota: &cgroup.Quota{Path: "/b", Cores: 1}}
	r := between(a, b)
	if !errors.Is(r.hostErr, errMoved) || !errors.Is(r.groupErr, errMoved) || !errors.Is(r.throttledErr, errMoved) {
		t.Errorf("%+v", r)
	}
	b.quota = nil
	if r := between(a, b); !errors.Is(r.groupErr, errNoQuota) {
		t.Errorf("%+v", r)
	}
}

func TestPercentagesAreOfQuota(t *testing.T) {
	c := collector(t)
	r := rates{basis: BasisWindow, processCores: 0.25, hostPercent: 10, hostCores: 64, quota: &cgroup.Quota{Cores: 0.5}, groupCores: 0.4, throttledPercent: 30}
	u := c.cpu(t.Context(), r, gaps{})
	if u.Source != SourceCgroup || u.LimitCores != 0.5 || !near(u.ProcessPercent, 50, 0.01) || !near(u.SystemPercent, 80, 0.01) || !near(u.HostPercent, 10, 0.01) {
		t.Errorf("%+v", u)
	}
	r.quota.Cores = 1000 // more than the host has
	u = c.cpu(t.Context(), r, gaps{})
	if u.Source != SourceHost || !near(u.SystemPercent, 10, 0.01) || !near(u.ProcessPercent, 25/usableCores(), 0.01) {
		t.Errorf("%+v", u)
	}
}

// truth records the CPU use of the host while other goroutines take readings.
type truth struct {
	mu    sync.Mutex
	at    []time.Time
	times []system.HostTimes
}

func (r *truth) record(sys *system.Reader) {
	h, err := sys.HostTimes()
	if err != nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.at, r.times = append(r.at, time.Now()), append(r.times, h)
}

// within returns the percentage between the records closest to the two given times.
// It is unknown if the recorder got no CPU around one of them.
func (r *truth) within(from, to time.Time) (p float64, known bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	a, b := r.nearest(from), r.nearest(to)
	near := to.Sub(from) / 20
	known = r.at[a].Sub(from).Abs() < near && r.at[b].Sub(to).Abs() < near
	return percent(r.times[b].Busy-r.times[a].Busy, r.times[b].Total-r.times[a].Total), known
}

func (r *truth) nearest(at time.Time) int {
	best := 0
	for n := range r.at {
		if r.at[n].Sub(at).Abs() < r.at[best].Sub(at).Abs() {
			best = n
		}
	}
	return best
}

// TestFivePollers takes readings from five goroutines ten times a second, on a
// machine that the test keeps half busy, and checks that each reading is correct for
// its window. VEGA_SOAK=1m makes the test longer and stricter.
func TestFivePollers(t *testing.T) {
	length, tolerance := 4*time.Second, 30.0
	if d, _ := time.ParseDuration(os.Getenv("VEGA_SOAK")); d > 0 {
		length, tolerance = d, 10
	}
	agree(t, func(r reporter) { fivePollers(t, r, length, tolerance) })
}

func fivePollers(t *testing.T, rep reporter, length time.Duration, tolerance float64) {
	c := settled(t)
	end := time.Now().Add(length)
	var busy, recorder, pollers sync.WaitGroup
	for range max(1, runtime.NumCPU()/2) {
		busy.Go(func() { spin(length) })
	}
	var r truth
	r.record(c.sys)
	recorder.Go(func() {
		for time.Now().Before(end.Add(200 * time.Millisecond)) {
			r.record(c.sys)
			time.Sleep(10 * time.Millisecond)
		}
	})
	readings := make([][]CPU, 5)
	for n := range readings {
		pollers.Go(func() {
			for time.Now().Before(end) {
				s, err := c.Summary(t.Context())
				if err != nil {
					t.Error(err)
					return
				}
				readings[n] = append(readings[n], s.CPU)
				time.Sleep(100 * time.Millisecond)
			}
		})
	}
	pollers.Wait()
	busy.Wait()
	recorder.Wait()
	for n := range readings {
		checkReadings(t, rep, n, readings[n], &r, tolerance)
	}
}

func checkReadings(t *testing.T, rep reporter, poller int, readings []CPU, r *truth, tolerance float64) {
	t.Helper()
	worst, compared := 0.0, 0
	for _, u := range readings {
		from := u.MeasuredAt.Add(-time.Duration(u.WindowMS * float64(time.Millisecond)))
		if u.HostPercent == nil || u.Basis != BasisWindow || from.Before(r.at[0].Add(-20*time.Millisecond)) {
			continue // from before the record
		}
		if p, known := r.within(from, u.MeasuredAt); known {
			compared++
			worst = max(worst, math.Abs(*u.HostPercent-p))
		}
	}
	t.Logf("poller %d: compared %d of %d readings, largest error %.1f points", poller, compared, len(readings), worst)
	if worst > tolerance || compared == 0 {
		rep.Errorf("poller %d: largest error %.1f points in %d readings", poller, worst, compared)
	}
}

func TestQuantileIsUpperBoundaryOfBucket(t *testing.T) {
	h := metrics.Float64Histogram{Counts: []uint64{0, 90, 9, 0, 1}, Buckets: []float64{math.Inf(-1), 0, 0.001, 0.002, 0.003, math.Inf(1)}}
	for q, want := range map[float64]float64{0.5: 1, 0.9: 1, 0.91: 2, 0.99: 2, 1: 3} {
		if got := quantile(h, 100, q); got != want {
			t.Errorf("quantile %v is %v ms, want %v", q, got, want)
		}
	}
	g := gaps{}
	if l := newLatency(subtract(h, h), "x", g); l.Count != 0 || l.P99 != nil || g["x.p99_ms"] == "" {
		t.Errorf("%+v, %v", l, g)
	}
}

func TestCollectionsAndPausesOfWindow(t *testing.T) {
	c := settled(t)
	runtime.GC()
	r := snapshot(t, c).Runtime
	if r.GC.Pause.Count == 0 || r.GC.Pause.Max == nil || *r.GC.Pause.Max <= 0 || r.GC.Cycles == 0 || r.Heap.Live == nil {
		t.Errorf("%+v", r)
	}
	if r.GC.CPUPercent == nil || r.Sched.Count == 0 {
		t.Errorf("%+v", r)
	}
}

func TestParseStall(t *testing.T) {
	s, err := parseStall("some avg10=1.50 avg60=0.25 avg300=0.01 total=1234567\nfull avg10=0.50 avg60=0.00 avg300=0.00 total=1000\n")
	if err != nil || s.Some != (Stalled{1.5, 0.25, 0.01, 1234.567}) || s.Full == nil || s.Full.TotalMS != 1 {
		t.Errorf("%+v, %v", s, err)
	}
	for _, bad := range []string{"", "some avg10=x\n", "nonsense"} {
		if _, err := parseStall(bad); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
	g := gaps{}
	old := func(string) (string, error) { return "some avg10=1.50 avg60=0.25 avg300=0.01 total=1 later=3\n", nil }
	if p := newPressure(old, "pressure", g); p.CPU == nil || p.CPU.Some.Avg10 != 1.5 || p.CPU.Full != nil || g["pressure.cpu.full"] == "" {
		t.Errorf("a line with unknown fields: %+v, %v", p.CPU, g)
	}
}

// TestSamplerKeepsItsWindow reads summaries between two samples. The rates of a sample
// cover the whole time since the one before, and those of Sampled are the same until they
// are too old.
func TestSamplerKeepsItsWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := collector(t)
		window := func(s Snapshot, err error) time.Duration {
			if err != nil {
				t.Fatal(err)
			}
			return time.Duration(s.CPU.WindowMS) * time.Millisecond
		}
		none := func(string) bool { return false }
		for range 3 {
			for range 15 {
				time.Sleep(time.Second)
				if _, err := c.Summary(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			if got := window(c.Sample(t.Context(), none)); got != 15*time.Second {
				t.Errorf("the window is %v", got)
			}
		}
		time.Sleep(5 * time.Second)
		if got := window(c.Sampled(t.Context(), 20*time.Second, none)); got != 15*time.Second {
			t.Errorf("the last window was %v", got)
		}
		time.Sleep(25 * time.Second)
		if got := window(c.Sampled(t.Context(), 20*time.Second, none)); got != 30*time.Second {
			t.Errorf("the new window is %v", got)
		}
	})
}

package diagnostics

import (
	"errors"
	"math"
	"runtime"
	"runtime/metrics"

	"vega/policies/check"
)

// Runtime is the state of the Go runtime. Latencies cover the same window as CPU and
// are rounded up to a bucket boundary of the runtime's histograms.
type Runtime struct {
	Goroutines int     `json:"goroutines"`
	GOMAXPROCS int     `json:"gomaxprocs"`
	Heap       Heap    `json:"heap"`
	GC         GC      `json:"gc"`
	Sched      Latency `json:"sched_latency"` // how long runnable goroutines waited for a CPU
	WindowMS   float64 `json:"window_ms"`
}

// Heap is the memory that Go manages.
type Heap struct {
	Used    uint64  `json:"used"` // by objects, including dead ones that are not collected yet
	Live    *uint64 `json:"live"` // found reachable by the last collection
	Goal    uint64  `json:"goal"` // heap size at the end of the next collection
	Objects uint64  `json:"objects"`
	Stacks  uint64  `json:"stacks"`
	Idle    uint64  `json:"idle"`  // unused but not returned to the operating system
	Total   uint64  `json:"total"` // obtained from the operating system
	Limit   *uint64 `json:"limit"` // GOMEMLIMIT
}

// GC holds figures of garbage collection. A pause stops all goroutines.
type GC struct {
	Cycles     uint64   `json:"cycles"` // since the start
	CPUPercent *float64 `json:"cpu_percent"`
	Pause      Latency  `json:"pause"`
}

// Latency is the distribution of a duration. The other fields are nil if Count is 0.
type Latency struct {
	Count uint64   `json:"count"`
	P50   *float64 `json:"p50_ms"`
	P99   *float64 `json:"p99_ms"`
	Max   *float64 `json:"max_ms"`
}

// runtimeCounts is a snapshot of the runtime's counters and gauges, or the
// difference between two snapshots.
type runtimeCounts struct {
	latencies, pauses metrics.Float64Histogram
	gcSeconds, allSeconds,
	heapUsed, live, goal, objects, stacks, idle, released, total, limit, cycles float64
}

const (
	latenciesName = "/sched/latencies:seconds"
	pausesName    = "/sched/pauses/total/gc:seconds"
)

// numbers lists the metrics with a single value, and the fields that hold them.
var numbers = []struct {
	name string
	of   func(c *runtimeCounts) *float64
}{
	{"/cpu/classes/gc/total:cpu-seconds", func(c *runtimeCounts) *float64 { return &c.gcSeconds }},
	{"/cpu/classes/total:cpu-seconds", func(c *runtimeCounts) *float64 { return &c.allSeconds }},
	{"/memory/classes/heap/objects:bytes", func(c *runtimeCounts) *float64 { return &c.heapUsed }},
	{"/gc/heap/live:bytes", func(c *runtimeCounts) *float64 { return &c.live }},
	{"/gc/heap/goal:bytes", func(c *runtimeCounts) *float64 { return &c.goal }},
	{"/gc/heap/objects:objects", func(c *runtimeCounts) *float64 { return &c.objects }},
	{"/memory/classes/heap/stacks:bytes", func(c *runtimeCounts) *float64 { return &c.stacks }},
	{"/memory/classes/heap/free:bytes", func(c *runtimeCounts) *float64 { return &c.idle }},
	{"/memory/classes/heap/released:bytes", func(c *runtimeCounts) *float64 { return &c.released }},
	{"/memory/classes/total:bytes", func(c *runtimeCounts) *float64 { return &c.total }},
	{"/gc/gomemlimit:bytes", func(c *runtimeCounts) *float64 { return &c.limit }},
	{"/gc/cycles/total:gc-cycles", func(c *runtimeCounts) *float64 { return &c.cycles }},
}

// readRuntime reads the runtime's metrics. It takes a few microseconds and does
// not stop the world.
func readRuntime() runtimeCounts {
	read := make([]metrics.Sample, len(numbers), len(numbers)+2)
	for n := range numbers {
		read[n].Name = numbers[n].name
	}
	read = append(read, metrics.Sample{Name: latenciesName}, metrics.Sample{Name: pausesName})
	metrics.Read(read)
	var c runtimeCounts
	for n := range numbers {
		*numbers[n].of(&c) = single(read[n].Value)
	}
	c.latencies, c.pauses = histogram(read[len(numbers)].Value), histogram(read[len(numbers)+1].Value)
	return c
}

// single returns the value of a metric, or 0 if this version of Go does not have the
// metric.
func single(v metrics.Value) float64 {
	switch v.Kind() {
	case metrics.KindUint64:
		return float64(v.Uint64())
	case metrics.KindFloat64:
		return v.Float64()
	}
	return 0
}

func histogram(v metrics.Value) metrics.Float64Histogram {
	if v.Kind() != metrics.KindFloat64Histogram {
		return metrics.Float64Histogram{}
	}
	return *v.Float64Histogram()
}

// since returns the difference between the counters of c and those of a.
func (c runtimeCounts) since(a runtimeCounts) runtimeCounts {
	return runtimeCounts{
		latencies:  subtract(c.latencies, a.latencies),
		pauses:     subtract(c.pauses, a.pauses),
		gcSeconds:  c.gcSeconds - a.gcSeconds,
		allSeconds: c.allSeconds - a.allSeconds,
	}
}

func subtract(b, a metrics.Float64Histogram) metrics.Float64Histogram {
	counts := make([]uint64, len(b.Counts))
	for n := range counts {
		counts[n] = b.Counts[n]
		if n < len(a.Counts) {
			counts[n] -= min(counts[n], a.Counts[n])
		}
	}
	return metrics.Float64Histogram{Counts: counts, Buckets: b.Buckets}
}

var (
	errQuiet      = errors.New("no events within the window")
	errNoCycle    = errors.New("no garbage collection ended within the window")
	errNoCycleYet = errors.New("no garbage collection has ended yet")
	errNoMemLimit = errors.New("GOMEMLIMIT is not set")
)

func newRuntime(r rates, g gaps) Runtime {
	c := readRuntime()
	t := Runtime{Goroutines: goroutines(), GOMAXPROCS: runtime.GOMAXPROCS(0), WindowMS: check.Milliseconds(r.window)}
	t.Heap = Heap{
		Used: uint64(c.heapUsed), Goal: uint64(c.goal), Objects: uint64(c.objects),
		Stacks: uint64(c.stacks), Idle: uint64(c.idle), Total: uint64(c.total - c.released),
	}
	var err error
	if c.cycles == 0 {
		err = errNoCycleYet
	}
	t.Heap.Live, err = orNil(g, "runtime.heap.live", uint64(c.live), err), nil
	if c.limit >= math.MaxInt64 {
		err = errNoMemLimit
	}
	t.Heap.Limit = orNil(g, "runtime.heap.limit", uint64(c.limit), err)
	t.GC = GC{Cycles: uint64(c.cycles), Pause: newLatency(r.runtime.pauses, "runtime.gc.pause", g)}
	err = nil
	if r.runtime.allSeconds <= 0 { // the runtime updates these only at the end of a collection
		err = errNoCycle
	}
	t.GC.CPUPercent = orNil(g, "runtime.gc.cpu_percent", percent(r.runtime.gcSeconds, r.runtime.allSeconds), err)
	t.Sched = newLatency(r.runtime.latencies, "runtime.sched_latency", g)
	return t
}

func newLatency(h metrics.Float64Histogram, name string, g gaps) Latency {
	var l Latency
	for _, n := range h.Counts {
		l.Count += n
	}
	var err error
	if l.Count == 0 {
		err = errQuiet
	}
	l.P50 = orNil(g, name+".p50_ms", quantile(h, l.Count, 0.5), err)
	l.P99 = orNil(g, name+".p99_ms", quantile(h, l.Count, 0.99), err)
	l.Max = orNil(g, name+".max_ms", quantile(h, l.Count, 1), err)
	return l
}

// quantile returns the upper boundary, in milliseconds, of the bucket that contains
// the quantile q of total values. For the last bucket, which has no upper boundary,
// it returns the lower one.
func quantile(h metrics.Float64Histogram, total uint64, q float64) float64 {
	rank, seen := uint64(math.Ceil(q*float64(total))), uint64(0)
	for n, count := range h.Counts {
		if seen += count; seen < rank || count == 0 {
			continue
		}
		edge := h.Buckets[n+1]
		if math.IsInf(edge, 1) {
			edge = h.Buckets[n]
		}
		return 1000 * edge
	}
	return 0
}

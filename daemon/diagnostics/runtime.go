package diagnostics

import (
	"errors"
	"math"
	"runtime"
	"runtime/metrics"

	"vega/policies/check"
)

// Runtime is how Go's runtime fares. Latencies are those of the window of CPU,
// each rounded up to the edge of a bucket of Go's own histograms.
type Runtime struct {
	Goroutines int     `json:"goroutines"`
	GOMAXPROCS int     `json:"gomaxprocs"`
	Heap       Heap    `json:"heap"`
	GC         GC      `json:"gc"`
	Sched      Latency `json:"sched_latency"` // how long goroutines that could run waited for a processor
	WindowMS   float64 `json:"window_ms"`
}

// Heap is the memory that Go manages.
type Heap struct {
	Used    uint64  `json:"used"` // by objects, dead ones that were not collected yet among them
	Live    *uint64 `json:"live"` // what the last collection found alive
	Goal    uint64  `json:"goal"` // the size at which the next one ends
	Objects uint64  `json:"objects"`
	Stacks  uint64  `json:"stacks"`
	Idle    uint64  `json:"idle"`  // kept for later, though the system could have it
	Total   uint64  `json:"total"` // all that the runtime has from the system
	Limit   *uint64 `json:"limit"` // GOMEMLIMIT
}

// GC is garbage collection. Pauses stop everything.
type GC struct {
	Cycles     uint64   `json:"cycles"` // since the start
	CPUPercent *float64 `json:"cpu_percent"`
	Pause      Latency  `json:"pause"`
}

// Latency is how long something took; nil where it did not happen.
type Latency struct {
	Count uint64   `json:"count"`
	P50   *float64 `json:"p50_ms"`
	P99   *float64 `json:"p99_ms"`
	Max   *float64 `json:"max_ms"`
}

// runtimeCounts are the runtime's counters and gauges at one moment, or the
// counters of a window.
type runtimeCounts struct {
	latencies, pauses metrics.Float64Histogram
	gcSeconds, allSeconds,
	heapUsed, live, goal, objects, stacks, idle, released, total, limit, cycles float64
}

const (
	latenciesName = "/sched/latencies:seconds"
	pausesName    = "/sched/pauses/total/gc:seconds"
)

// numbers are those that are a single number each, and where they go.
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

// readRuntime takes a few microseconds and stops nothing.
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

// single is 0 for a name that this version of Go does not know.
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

// since is what was counted from a to c.
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
	errQuiet      = errors.New("it did not happen within the window")
	errNoCycle    = errors.New("no garbage collection ended within the window")
	errNoCycleYet = errors.New("no garbage collection ended yet")
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
	t.Heap.Live, err = had(g, "runtime.heap.live", uint64(c.live), err), nil
	if c.limit >= math.MaxInt64 {
		err = errNoMemLimit
	}
	t.Heap.Limit = had(g, "runtime.heap.limit", uint64(c.limit), err)
	t.GC = GC{Cycles: uint64(c.cycles), Pause: newLatency(r.runtime.pauses, "runtime.gc.pause", g)}
	err = nil
	if r.runtime.allSeconds <= 0 { // Go counts it at the end of a collection
		err = errNoCycle
	}
	t.GC.CPUPercent = had(g, "runtime.gc.cpu_percent", percent(r.runtime.gcSeconds, r.runtime.allSeconds), err)
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
	l.P50 = had(g, name+".p50_ms", quantile(h, l.Count, 0.5), err)
	l.P99 = had(g, name+".p99_ms", quantile(h, l.Count, 0.99), err)
	l.Max = had(g, name+".max_ms", quantile(h, l.Count, 1), err)
	return l
}

// quantile is the upper edge, in milliseconds, of the bucket that the share q
// of all total values ends in. The last bucket has none: its lower edge.
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

package diagnostics

import (
	"slices"
	"sync"
	"time"

	"vega/policies/check"
)

const (
	historyLength = 5 * time.Minute
	historyEvery  = 10 * time.Second // minimum distance of all but the last two readings
)

// tracked lists the figures of each resource whose changes Moves reports.
var tracked = map[string][]string{
	"memory":           {"memory.process_rss", "memory.used", "memory.percent", "runtime.heap.live"},
	"cpu":              {"cpu.process_percent", "cpu.system_percent", "cpu.load1"},
	"threads":          {"threads.total", "threads.go_routines"},
	"runtime":          {"threads.go_routines", "runtime.heap.live", "runtime.sched_latency.p99_ms"},
	"file_descriptors": {"file_descriptors.open"},
	"network":          {"network.total", "network.by_status.ESTABLISHED", "network.by_status.CLOSE_WAIT", "network.by_status.TIME_WAIT"},
	"disk":             {"disk.used", "disk.percent", "disk.inodes_percent"},
	"pressure":         {"pressure.cpu.some.avg10", "pressure.memory.some.avg10", "pressure.io.some.avg10"},
	"container":        {"container.memory.working_set", "container.memory.oom_kills", "container.cpu.percent", "container.cpu.throttled_ms", "container.pids.current"},
}

// history holds the readings of the last few minutes for comparison. It takes no
// readings itself, but keeps those that callers requested.
type history struct {
	mu       sync.Mutex
	readings []reading // oldest first
}

type reading struct {
	at     time.Time
	values map[string]float64 // by path; unavailable figures are omitted
}

// figures is a Summary or a Snapshot.
type figures interface {
	Value(path string) (float64, error)
	takenAt() time.Time
}

// add adds a reading, unless the last one is less than a second older.
func (h *history) add(f figures) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if n := len(h.readings); n > 0 && f.takenAt().Sub(h.readings[n-1].at) < freshFor {
		return
	}
	h.readings = append(h.readings, newReading(f))
	h.thin()
}

func newReading(f figures) reading {
	r := reading{at: f.takenAt(), values: map[string]float64{}}
	for _, paths := range tracked {
		r.take(f, paths)
	}
	return r
}

func (r *reading) take(f figures, paths []string) {
	for _, path := range paths {
		if v, err := f.Value(path); err == nil {
			r.values[path] = v
		}
	}
}

// thin drops readings that are older than historyLength, and thins out all but the
// last two so that they are at least historyEvery apart.
func (h *history) thin() {
	n := len(h.readings)
	if n >= 4 && h.readings[n-3].at.Sub(h.readings[n-4].at) < historyEvery {
		h.readings = slices.Delete(h.readings, n-3, n-2)
		n--
	}
	for n > 2 && h.readings[n-1].at.Sub(h.readings[0].at) > historyLength {
		h.readings = slices.Delete(h.readings, 0, 1)
		n--
	}
}

// Move is the change of a figure since an earlier reading.
type Move struct {
	Field  string  `json:"field"`
	From   float64 `json:"from"`
	To     float64 `json:"to"`
	Delta  float64 `json:"delta"`
	OverMS float64 `json:"over_ms"`
}

// Moves returns how the figures of a resource with a name from Resources have
// changed in a Summary or Snapshot since the previous reading and over the last five
// minutes.
func (c *Collector) Moves(resource string, now figures) []Move {
	r := reading{at: now.takenAt(), values: map[string]float64{}}
	r.take(now, tracked[resource])
	return c.history.moves(resource, r)
}

// moves compares now with the previous and the oldest reading.
func (h *history) moves(resource string, now reading) []Move {
	h.mu.Lock()
	defer h.mu.Unlock()
	moves := []Move{}
	for _, path := range tracked[resource] {
		var last, first *reading
		for n := range h.readings {
			r := &h.readings[n]
			if _, ok := r.values[path]; !ok || now.at.Sub(r.at) < freshFor {
				continue
			}
			if last = r; first == nil {
				first = r
			}
		}
		moves = appendMove(moves, path, last, now)
		if first != last {
			moves = appendMove(moves, path, first, now)
		}
	}
	return moves
}

func appendMove(moves []Move, path string, then *reading, now reading) []Move {
	to, ok := now.values[path]
	if then == nil || !ok {
		return moves
	}
	from := then.values[path]
	return append(moves, Move{Field: path, From: from, To: to, Delta: to - from, OverMS: check.Milliseconds(now.at.Sub(then.at))})
}

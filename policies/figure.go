package policies

import (
	"slices"
	"strings"
)

// Figure is a number that a threshold may name.
type Figure struct {
	// Path names the figure, such as system.memory.percent. The path of a database
	// figure omits the prefix, which is database.NAME or databases.
	Path string
	Unit Unit
	Left bool // the figure counts what is left, so a lower value is worse
}

// Figures returns every figure that a threshold may name under system, sorted by
// path. These are the fields of a diagnostics snapshot, by their JSON names, and
// under system.disks the fields of each monitored file system.
func Figures() []Figure { return systemFigures }

// DatabaseFigures returns the figures of a database, sorted by path.
func DatabaseFigures() []Figure { return databaseFigures }

// FigureOf finds the figure with the given path in all, which must be sorted.
func FigureOf(all []Figure, path string) (Figure, bool) {
	n, ok := slices.BinarySearchFunc(all, path, func(f Figure, path string) int { return strings.Compare(f.Path, path) })
	if !ok {
		return Figure{}, false
	}
	return all[n], true
}

var (
	systemFigures = figures(map[Unit]string{
		Count: `
			system.cpu.load1 system.cpu.load5 system.cpu.load15
			system.cpu.threads system.cpu.limit_cores system.cpu.host_cores
			system.threads.total system.threads.go_routines
			system.file_descriptors.open system.file_descriptors.soft_limit system.file_descriptors.hard_limit
			system.network.total
			system.network.by_status.ESTABLISHED system.network.by_status.SYN_SENT system.network.by_status.SYN_RECV
			system.network.by_status.FIN_WAIT1 system.network.by_status.FIN_WAIT2 system.network.by_status.TIME_WAIT
			system.network.by_status.CLOSE system.network.by_status.CLOSE_WAIT system.network.by_status.LAST_ACK
			system.network.by_status.LISTEN system.network.by_status.CLOSING system.network.by_status.NONE
			system.network.by_status.OTHER
			system.runtime.goroutines system.runtime.gomaxprocs system.runtime.heap.objects system.runtime.gc.cycles
			system.runtime.gc.pause.count system.runtime.sched_latency.count
			system.process.pid
			system.container.memory.oom_kills system.container.cpu.cores
			system.container.cpu.periods system.container.cpu.throttled_periods
			system.container.pids.current system.container.pids.limit`,
		Percent: `
			system.memory.percent
			system.cpu.process_percent system.cpu.system_percent system.cpu.host_percent system.cpu.throttled_percent
			system.file_descriptors.percent
			system.disk.percent system.disk.inodes_percent system.disks.percent system.disks.inodes_percent
			system.runtime.gc.cpu_percent
			system.container.memory.percent system.container.cpu.percent system.container.pids.percent` +
			stalls("avg10", "avg60", "avg300"),
		Bytes: `
			system.memory.process_rss system.memory.process_vms
			system.memory.system_total system.memory.system_available system.memory.system_used
			system.memory.limit system.memory.used
			system.disk.total system.disk.used system.disk.free
			system.disks.total system.disks.used system.disks.free
			system.runtime.heap.used system.runtime.heap.live system.runtime.heap.goal system.runtime.heap.stacks
			system.runtime.heap.idle system.runtime.heap.total system.runtime.heap.limit
			system.container.memory.limit system.container.memory.current system.container.memory.working_set`,
		Milliseconds: `
			system.duration_ms system.cpu.window_ms system.runtime.window_ms
			system.runtime.gc.pause.p50_ms system.runtime.gc.pause.p99_ms system.runtime.gc.pause.max_ms
			system.runtime.sched_latency.p50_ms system.runtime.sched_latency.p99_ms system.runtime.sched_latency.max_ms
			system.container.cpu.throttled_ms` +
			stalls("total_ms"),
	})
	databaseFigures = figures(map[Unit]string{
		Count:   `pool.waiting`,
		Percent: `pool.percent queries.slow_percent queries.failed_percent`,
		Bytes:   `wal_bytes`,
		// The slowest query of the last two minutes, those in progress included.
		Milliseconds: `queries.slowest`,
	})
)

// stalls returns the paths of the pressure figures of each resource, for the
// host and for the container.
func stalls(names ...string) string {
	var b strings.Builder
	for _, of := range []string{"system.pressure.", "system.container.pressure."} {
		for _, resource := range []string{"cpu.", "memory.", "io."} {
			for _, name := range names {
				b.WriteString(" " + of + resource + "some." + name + " " + of + resource + "full." + name)
			}
		}
	}
	return b.String()
}

func figures(by map[Unit]string) []Figure {
	var all []Figure
	for unit, paths := range by {
		for path := range strings.FieldsSeq(paths) {
			left := strings.HasSuffix(path, ".free") || strings.HasSuffix(path, ".system_available")
			all = append(all, Figure{path, unit, left})
		}
	}
	slices.SortFunc(all, func(a, b Figure) int { return strings.Compare(a.Path, b.Path) })
	return all
}

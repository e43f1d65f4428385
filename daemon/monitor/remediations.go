package monitor

import (
	"strings"

	"vega/policies"
)

// counsels are what to call a figure and what to do, by how the name of the
// resource begins; the first that fits.
var remediations = []struct{ prefix, subject, do string }{
	{"system.memory.percent", "Memory in use", adviceMemory},
	{"system.memory.process_rss", "The memory of vega itself", adviceMemory},
	{"system.memory.system_available", "Memory available", adviceMemory},
	{"system.memory.", "", adviceMemory},
	{"system.container.memory.oom_kills", "Processes that the kernel ended for want of memory", "Raise the container's memory limit, or find what grows in it: the kernel has ended processes there."},
	{"system.container.memory.percent", "Memory in use in the container", adviceMemory},
	{"system.container.memory.", "", adviceMemory},
	{"system.container.pids.percent", "The share of processes and threads that the container allows", "Find what starts processes or threads without end, or raise the container's pids limit: at the limit, nothing new can start."},
	{"system.container.pids.", "", "Find what starts processes or threads without end, or raise the container's pids limit: at the limit, nothing new can start."},
	{"system.cpu.throttled_percent", "The share of periods in which the container's quota ran out", "Raise the container's quota of processors, or give it less to do: throttled checks come late and time out."},
	{"system.container.cpu.", "", "Raise the container's quota of processors, or give it less to do: throttled checks come late and time out."},
	{"system.cpu.system_percent", "Use of processors", adviceCPU},
	{"system.cpu.process_percent", "Use of processors by vega itself", "Check less often, with longer intervals, or give vega more processors."},
	{"system.cpu.threads", "The number of vega's threads", adviceGoroutines},
	{"system.cpu.", "", adviceCPU},
	{"system.threads.go_routines", "The number of vega's goroutines", adviceGoroutines},
	{"system.threads.total", "The number of vega's threads", adviceGoroutines},
	{"system.runtime.goroutines", "The number of vega's goroutines", adviceGoroutines},
	{"system.runtime.sched_latency.", "", "Give vega more processors, or fewer checks at once: its own work waits for a processor, and checks are late."},
	{"system.runtime.gc.", "", "Give vega more memory, or raise GOMEMLIMIT: it collects garbage all the time."},
	{"system.runtime.", "", "Watch whether it goes on growing; if it does, restart vega, and keep this answer for a report."},
	{"system.file_descriptors.percent", "The share in use of the files that vega may open", adviceFiles},
	{"system.file_descriptors.open", "The number of vega's open files", adviceFiles},
	{"system.file_descriptors.", "", adviceFiles},
	{"system.network.by_status.CLOSE_WAIT", "The number of connections in CLOSE_WAIT", "Find the program with ss -tnp state close-wait, and restart it: it does not close connections that the other end has closed."},
	{"system.network.by_status.TIME_WAIT", "The number of connections in TIME_WAIT", "Let the program that opens most connections keep and use them again: each that is closed is held for a minute."},
	{"system.network.", "", "Find with ss -tnp which program has them, and whether it closes what it opens."},
	{"system.disk.inodes_percent", "The share of files that the file system can hold", "Find where the small files are, with du --inodes -x, and delete those that nobody needs: space alone does not help."},
	{"system.disks.inodes_percent", "The share of files that the file system can hold", "Find where the small files are, with du --inodes -x, and delete those that nobody needs: space alone does not help."},
	{"system.disk.percent", "Space in use", adviceDisk},
	{"system.disks.percent", "Space in use", adviceDisk},
	{"system.disk.free", "Space that is left", adviceDisk},
	{"system.disks.free", "Space that is left", adviceDisk},
	{"system.disk", "", adviceDisk},
	{"system.pressure.memory.some.avg", "The share of time in which something waited for memory", adviceMemory},
	{"system.pressure.memory.full.avg", "The share of time in which all had to wait for memory", adviceMemory},
	{"system.pressure.memory.", "", adviceMemory},
	{"system.pressure.io.some.avg", "The share of time in which something waited for a disk", adviceIO},
	{"system.pressure.io.full.avg", "The share of time in which all had to wait for a disk", adviceIO},
	{"system.pressure.io.", "", adviceIO},
	{"system.pressure.cpu.some.avg", "The share of time in which something waited for a processor", adviceCPU},
	{"system.pressure.", "", adviceCPU},
	{"system.container.pressure.memory.some.avg", "The share of time in which something waited for memory", adviceMemory},
	{"system.container.pressure.memory.full.avg", "The share of time in which all had to wait for memory", adviceMemory},
	{"system.container.pressure.memory.", "", adviceMemory},
	{"system.container.pressure.io.some.avg", "The share of time in which something waited for a disk", adviceIO},
	{"system.container.pressure.io.full.avg", "The share of time in which all had to wait for a disk", adviceIO},
	{"system.container.pressure.io.", "", adviceIO},
	{"system.container.pressure.cpu.some.avg", "The share of time in which something waited for a processor", adviceCPU},
	{"system.container.pressure.", "", adviceCPU},
	{"pool.percent", "The share of connections in use to", advicePool},
	{"pool.waiting", "The average number of queries that wait for a connection to", advicePool},
	{"queries.slow_percent", "The share of slow queries on", "Look at slow_queries and the advice on them in GET /admin/database/stats: an index that is missing is the usual reason."},
	{"queries.failed_percent", "The share of failed queries on", "Look at failed_queries in GET /admin/database/stats: each has its error."},
	{"wal_bytes", "The size of the write-ahead log of", "Find who reads for very long, in open_rows of GET /admin/database/stats: until that ends, the log can't be written back and cut."},
}

const (
	adviceMemory     = "End or restart what holds most, or give it more: where memory runs out, the kernel ends processes, and may choose vega."
	adviceIO         = "Find with iotop what reads and writes most, and give it less to do or a faster disk."
	adviceCPU        = "Look at what is busiest, and move it or give it more processors: checks of a starved vega are late, and time out."
	adviceFiles      = "See which kind is open most and whether it goes on growing; if it has to be, raise the limit (ulimit -n, LimitNOFILE= of systemd)."
	adviceGoroutines = "Look where most of them began: what starts there does not end; restarting vega helps until it has grown again."
	adviceDisk       = "Delete or move what is large; of vega's own, store.max_size and store.keep_runs in vega.hcl bound what it keeps."
	advicePool       = "Ask less at once, or find the query that holds connections for long in GET /admin/database/stats."
)

// subjectOf is what to call the figure at the beginning of a sentence. Those of
// databases end where the name of one goes.
func subjectOf(w *Warning) string {
	name := ""
	for _, c := range remediations {
		if strings.HasPrefix(policies.Kind(w.Resource), c.prefix) {
			name = c.subject
			break
		}
	}
	if name == "" {
		name = w.Resource
	}
	switch {
	case w.Subject == "":
		return name
	case strings.HasPrefix(w.Resource, "system."):
		return name + " on the file system of " + w.Subject
	default:
		return name + " database." + w.Subject
	}
}

// whatToDo is one sentence.
func whatToDo(resource string) string {
	for _, c := range remediations {
		if strings.HasPrefix(policies.Kind(resource), c.prefix) {
			return c.do
		}
	}
	return "See whether it goes on, and what changed when it began."
}

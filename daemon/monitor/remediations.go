package monitor

import (
	"strings"

	"vega/policies"
)

// remediations lists the subject of a sentence about a figure, and the action to
// take, by resource prefix. The first match applies.
var remediations = []remediation{
	{"system.memory.percent", "Memory in use", actMemory},
	{"system.memory.process_rss", "Memory used by vega", actMemory},
	{"system.memory.system_available", "Available memory", actMemory},
	{"system.memory.", "", actMemory},
	{"system.container.memory.oom_kills", "The number of processes killed by the OOM killer", "Raise the container's memory limit, or find the process in the container whose memory grows."},
	{"system.container.memory.percent", "Memory in use in the container", actMemory},
	{"system.container.memory.", "", actMemory},
	{"system.container.pids.percent", "Use of the container's pids limit", actPIDs},
	{"system.container.pids.", "", actPIDs},
	{"system.cpu.throttled_percent", "The share of periods in which the container was throttled", actThrottling},
	{"system.container.cpu.", "", actThrottling},
	{"system.cpu.system_percent", "CPU use", actCPU},
	{"system.cpu.process_percent", "CPU use of vega", "Use longer intervals for checks, or give vega more CPUs."},
	{"system.cpu.threads", "The number of vega's threads", actGoroutines},
	{"system.cpu.", "", actCPU},
	{"system.threads.go_routines", "The number of vega's goroutines", actGoroutines},
	{"system.threads.total", "The number of vega's threads", actGoroutines},
	{"system.runtime.goroutines", "The number of vega's goroutines", actGoroutines},
	{"system.runtime.sched_latency.", "", "Give vega more CPUs, or run fewer checks concurrently. Its goroutines have to wait for a CPU, so checks run late."},
	{"system.runtime.gc.", "", "Give vega more memory, or raise GOMEMLIMIT. It spends too much time on garbage collection."},
	{"system.runtime.", "", "Check whether the figure keeps growing. If it does, save this output for a bug report and restart vega."},
	{"system.file_descriptors.percent", "Use of vega's limit on open files", actFiles},
	{"system.file_descriptors.open", "The number of vega's open files", actFiles},
	{"system.file_descriptors.", "", actFiles},
	{"system.network.by_status.CLOSE_WAIT", "The number of connections in CLOSE_WAIT", "Find the program with ss -tnp state close-wait and restart it. The program does not close connections that its peers have closed."},
	{"system.network.by_status.TIME_WAIT", "The number of connections in TIME_WAIT", "Make the program that opens the most connections reuse them. The system holds each closed connection for a minute."},
	{"system.network.", "", "Find the program with ss -tnp, and check that it closes the connections it opens."},
	{"system.disk.inodes_percent", "Inodes in use", actInodes},
	{"system.disks.inodes_percent", "Inodes in use", actInodes},
	{"system.disk.percent", "Space in use", actDisk},
	{"system.disks.percent", "Space in use", actDisk},
	{"system.disk.free", "Free space", actDisk},
	{"system.disks.free", "Free space", actDisk},
	{"system.disk", "", actDisk},
	{"system.pressure.memory.some.avg", "The share of time in which some tasks waited for memory", actMemory},
	{"system.pressure.memory.full.avg", "The share of time in which all tasks waited for memory", actMemory},
	{"system.pressure.memory.", "", actMemory},
	{"system.pressure.io.some.avg", "The share of time in which some tasks waited for a disk", actIO},
	{"system.pressure.io.full.avg", "The share of time in which all tasks waited for a disk", actIO},
	{"system.pressure.io.", "", actIO},
	{"system.pressure.cpu.some.avg", "The share of time in which some tasks waited for a CPU", actCPU},
	{"system.pressure.", "", actCPU},
	{"system.container.pressure.memory.some.avg", "The share of time in which some tasks in the container waited for memory", actMemory},
	{"system.container.pressure.memory.full.avg", "The share of time in which all tasks in the container waited for memory", actMemory},
	{"system.container.pressure.memory.", "", actMemory},
	{"system.container.pressure.io.some.avg", "The share of time in which some tasks in the container waited for a disk", actIO},
	{"system.container.pressure.io.full.avg", "The share of time in which all tasks in the container waited for a disk", actIO},
	{"system.container.pressure.io.", "", actIO},
	{"system.container.pressure.cpu.some.avg", "The share of time in which some tasks in the container waited for a CPU", actCPU},
	{"system.container.pressure.", "", actCPU},
	{"pool.percent", "The share of connections in use to", actPool},
	{"pool.waiting", "The average number of queries waiting for a connection to", actPool},
	{"queries.slow_percent", "The share of slow queries on", "See slow_queries in GET /admin/database/stats for advice on each. The most common reason is a missing index."},
	{"queries.slowest", "The slowest query of the last 2 min on", "See slow_queries in GET /admin/database/stats for its plan and advice, and open_rows for a query that still runs."},
	{"queries.failed_percent", "The share of failed queries on", "See failed_queries in GET /admin/database/stats for the error of each."},
	{policies.MetricPrefix, "", "Run vega history with the name of the metric to see when it began, and the query of its metric block to see which rows count."},
	{policies.IntegrationPrefix, "", "Run vega history with the names of the integration and the metric to see when it began, and follow the runbook of the integration."},
	{"wal_bytes", "The size of the write-ahead log of", "Find the oldest reader in open_rows of GET /admin/database/stats. The log can't be truncated until that reader ends."},
}

type remediation struct{ prefix, subject, action string }

// Actions shared by several figures.
const (
	actMemory     = "Stop or restart the largest process, or add memory. If memory runs out, the OOM killer may kill vega."
	actPIDs       = "Find the program that keeps starting processes or threads, or raise the container's pids limit. At the limit, no new process or thread can start."
	actThrottling = "Raise the container's CPU quota, or reduce its load. Throttled checks run late and time out."
	actIO         = "Find the process with the most disk I/O with iotop. Reduce its load, or use a faster disk."
	actCPU        = "Stop or move the busiest process, or add CPUs. Without CPU time, checks run late and time out."
	actFiles      = "Check which kind of file is open most and whether the number keeps growing. If vega needs that many files, raise the limit (ulimit -n, LimitNOFILE= in systemd)."
	actGoroutines = "Find where most of the goroutines were started, because they do not end. Restarting vega helps only until the number has grown again."
	actDisk       = "Delete or move large files. store.max_size and store.keep_runs in vega.hcl limit the size of vega's store."
	actInodes     = "Find the directories with the most files with du --inodes -x, and delete files. Freeing space alone does not help."
	actPool       = "Run fewer checks of this database concurrently, or find the query that holds connections in GET /admin/database/stats."
)

// subjectOf returns the subject of a sentence about the figure.
func subjectOf(w *Warning) string {
	name := remediationFor(w.Resource).subject
	if name == "" {
		name = w.Resource
	}
	switch {
	case w.Subject == "":
		return name
	case strings.HasPrefix(w.Resource, "system."):
		return name + " on the file system of " + w.Subject
	case isReported(w.Resource):
		return name + w.Subject
	default:
		return name + " database." + w.Subject
	}
}

// remediationFor returns the remediation that matches a resource.
func remediationFor(resource string) remediation {
	for _, r := range remediations {
		if strings.HasPrefix(policies.Kind(resource), r.prefix) {
			return r
		}
	}
	return remediation{action: "Check whether it persists, and what changed when it began."}
}

package diagnostics

import "time"

// Summary holds the figures that are cheap to read. Sizes are in bytes, percentages
// range from 0 to 100. A nil field is unavailable. Unavailable maps its path, as
// returned by Paths, or the path of a parent to the reason.
type Summary struct {
	CheckedAt       time.Time         `json:"checked_at"`
	DurationMS      float64           `json:"duration_ms"` // how long the reading took
	Memory          Memory            `json:"memory"`
	CPU             CPU               `json:"cpu"`
	Threads         Threads           `json:"threads"`
	FileDescriptors FileDescriptors   `json:"file_descriptors"`
	Disk            Disk              `json:"disk"` // the file system of the data directory
	Pressure        Pressure          `json:"pressure"`
	Unavailable     map[string]string `json:"unavailable"`

	taken time.Time // CheckedAt by the monotonic clock, which no step of the wall clock moves
}

func (s Summary) takenAt() time.Time { return s.taken }

// Snapshot holds all figures: a Summary and those that take longer to read.
type Snapshot struct {
	Summary
	Network   Network   `json:"network"`
	Disks     []Disk    `json:"disks"` // each file system once, that of the data directory first
	Runtime   Runtime   `json:"runtime"`
	Process   Process   `json:"process"`
	Container Container `json:"container"`
}

// Values of Memory.Source and CPU.Source.
const (
	SourceHost   = "host"
	SourceCgroup = "cgroup" // a cgroup has a tighter limit than the host
)

// Memory is the memory use of this process and of the host or container. Percent is
// Used as a percentage of Limit. Both are those of the host, or of a cgroup with a
// tighter limit. If there are several such cgroups, they are those of the one
// closest to its limit.
type Memory struct {
	ProcessRSS      *uint64  `json:"process_rss"`
	ProcessVMS      *uint64  `json:"process_vms"`
	SystemTotal     *uint64  `json:"system_total"`
	SystemAvailable *uint64  `json:"system_available"` // without swapping, as estimated by the kernel
	SystemUsed      *uint64  `json:"system_used"`      // total − available
	Percent         *float64 `json:"percent"`
	Source          string   `json:"source"`
	Limit           *uint64  `json:"limit"`
	Used            *uint64  `json:"used"`
}

// Threads counts the threads and goroutines of this process.
type Threads struct {
	Total      *int `json:"total"` // threads of the operating system
	GoRoutines int  `json:"go_routines"`
}

// FileDescriptors counts the open files of this process. Percent is Open as a
// percentage of SoftLimit.
type FileDescriptors struct {
	Open      *int     `json:"open"`
	SoftLimit *uint64  `json:"soft_limit"`
	HardLimit *uint64  `json:"hard_limit"`
	Percent   *float64 `json:"percent"`
}

// Network counts the TCP and UDP sockets, over IPv4 and IPv6, of all processes in
// this process's network namespace. Explain also counts those of this process alone,
// which takes longer.
type Network struct {
	Total *int `json:"total"` // the sum of ByStatus
	// ByStatus counts TCP sockets by state, and UDP sockets as NONE. States without
	// sockets are omitted. Counts of rare states may be a second old.
	ByStatus map[string]int `json:"by_status"`
}

package diagnostics

import "time"

// Summary is what is cheap to know. Sizes are bytes, percentages 0 to 100. A
// nil field could not be had; Unavailable has its name, as in Paths, or that
// of what it is part of, and the reason.
type Summary struct {
	CheckedAt       time.Time         `json:"checked_at"`
	DurationMS      float64           `json:"duration_ms"` // of the reading itself
	Memory          Memory            `json:"memory"`
	CPU             CPU               `json:"cpu"`
	Threads         Threads           `json:"threads"`
	FileDescriptors FileDescriptors   `json:"file_descriptors"`
	Disk            Disk              `json:"disk"` // of the data directory
	Pressure        Pressure          `json:"pressure"`
	Unavailable     map[string]string `json:"unavailable"`
}

// Snapshot is everything: a Summary and what takes longer.
type Snapshot struct {
	Summary
	Network   Network   `json:"network"`
	Disks     []Disk    `json:"disks"` // each file system once, that of the data directory first
	Runtime   Runtime   `json:"runtime"`
	Process   Process   `json:"process"`
	Container Container `json:"container"`
}

// The values of Memory.Source and CPU.Source.
const (
	SourceHost   = "host"
	SourceCgroup = "cgroup" // a limit of a cgroup that is tighter than the host
)

// Memory is that of this process and around it. Percent is Used of Limit: the
// host's, or the container's where its limit is tighter. Then, of the limited
// cgroups that this process is in, it is the one nearest to its limit.
type Memory struct {
	ProcessRSS      *uint64  `json:"process_rss"`
	ProcessVMS      *uint64  `json:"process_vms"`
	SystemTotal     *uint64  `json:"system_total"`
	SystemAvailable *uint64  `json:"system_available"` // without swapping, as the kernel estimates
	SystemUsed      *uint64  `json:"system_used"`      // total − available
	Percent         *float64 `json:"percent"`
	Source          string   `json:"source"`
	Limit           *uint64  `json:"limit"`
	Used            *uint64  `json:"used"`
}

// Threads are those of this process.
type Threads struct {
	Total      *int `json:"total"` // of the system
	GoRoutines int  `json:"go_routines"`
}

// FileDescriptors are those of this process; Percent is Open of SoftLimit.
type FileDescriptors struct {
	Open      *int     `json:"open"`
	SoftLimit *uint64  `json:"soft_limit"`
	HardLimit *uint64  `json:"hard_limit"`
	Percent   *float64 `json:"percent"`
}

// Network counts the TCP and UDP sockets, of both families, of all processes
// in the network namespace of this one: the host's, or the container's. Those
// of this process alone take longer to find, and are in Explain.
type Network struct {
	Total *int `json:"total"` // the sum of ByStatus
	// ByStatus has TCP sockets by state, and UDP as NONE. States with none are
	// absent. The rarer states may be up to a second old.
	ByStatus map[string]int `json:"by_status"`
}

package diagnostics

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"vega/policies/check"
)

const (
	// explainTimeout limits the search of Explain, which then returns the evidence
	// found so far.
	explainTimeout = time.Second
	// cpuWindow is the window over which the CPU use of processes is measured.
	cpuWindow = 250 * time.Millisecond
	// maxListed limits the lists of the largest items.
	maxListed = 3
)

// Evidence explains the figures of a resource. Only fields relevant to the resource
// are set. It contains the names of processes but not their arguments, which may be
// secret.
type Evidence struct {
	Resource   string    `json:"resource"`
	CheckedAt  time.Time `json:"checked_at"`
	DurationMS float64   `json:"duration_ms"`
	Limit      *Limit    `json:"limit,omitempty"`
	Moved      []Move    `json:"moved"` // since the previous reading, and over the last five minutes
	// TopMemory and TopCPU are the three visible processes with the highest use. If
	// the memory limit is that of a container, only processes in the container are
	// considered.
	TopMemory   []ProcessUse      `json:"top_memory,omitempty"`
	TopCPU      []ProcessUse      `json:"top_cpu,omitempty"`
	Heap        *Heap             `json:"heap,omitempty"`
	Goroutines  []GoroutineGroup  `json:"goroutines,omitempty"` // the ten largest groups of this process
	OpenFiles   map[string]int    `json:"open_files,omitempty"` // of this process, by kind
	Connections *Connections      `json:"connections,omitempty"`
	DataFiles   *DataFiles        `json:"data_files,omitempty"`
	Pressure    *Pressure         `json:"pressure,omitempty"`
	Throttling  *ContainerCPU     `json:"throttling,omitempty"`
	Unavailable map[string]string `json:"unavailable"`
}

// Limit is the limit of a figure and where the limit is set.
type Limit struct {
	Value  float64 `json:"value"`
	Unit   string  `json:"unit"` // bytes, cores, files
	Source string  `json:"source"`
}

// UnknownResourceError reports that a resource name is not one of Resources.
type UnknownResourceError struct{ Resource string }

// Error lists the valid names.
func (e *UnknownResourceError) Error() string {
	return fmt.Sprintf("unknown resource %q; use one of %s", e.Resource, strings.Join(Resources(), ", "))
}

// Resources returns the names that Explain accepts, sorted.
func Resources() []string { return slices.Sorted(maps.Keys(tracked)) }

// ResourceOf returns the resource that a figure belongs to, such as "memory" for
// "memory.percent", or "" if Explain does not cover it.
func ResourceOf(path string) string {
	name, _, _ := strings.Cut(path, ".")
	if name == "disks" {
		name = "disk"
	}
	if _, ok := tracked[name]; !ok {
		return ""
	}
	return name
}

// Explain searches for the causes of a figure, given as a path such as
// "memory.percent" or as its resource, "memory". It takes up to a second, a quarter
// of which is spent measuring the CPU use of processes. The error is an
// *UnknownResourceError, ErrClosed or that of ctx. Evidence that can't be found is
// listed in Unavailable.
func (c *Collector) Explain(ctx context.Context, resource string) (Evidence, error) {
	if err := c.ready(ctx); err != nil {
		return Evidence{}, err
	}
	name := ResourceOf(resource)
	if name == "" {
		return Evidence{}, &UnknownResourceError{resource}
	}
	began := time.Now()
	bounded, cancel := context.WithTimeout(ctx, explainTimeout)
	defer cancel()
	e := Evidence{Resource: name, CheckedAt: began.UTC(), Unavailable: map[string]string{}}
	c.explain(bounded, &e)
	e.DurationMS = check.Milliseconds(time.Since(began))
	return e, ctx.Err()
}

func (c *Collector) explain(ctx context.Context, e *Evidence) {
	now, err := c.Snapshot(ctx)
	if err != nil {
		e.Unavailable["moved"] = err.Error()
		return
	}
	e.Moved = c.history.moves(e.Resource, newReading(now))
	e.Limit = now.LimitOf(e.Resource)
	switch e.Resource {
	case "memory":
		e.Heap, e.Pressure = &now.Runtime.Heap, &now.Pressure
		c.findProcesses(ctx, e, c.sharers(now.Memory, now.Container), false)
		e.findGoroutines()
	case "cpu":
		e.Pressure, e.Throttling = &now.Pressure, now.Container.CPU
		c.findProcesses(ctx, e, nil, true)
	case "threads", "runtime":
		e.Heap = &now.Runtime.Heap
		e.findGoroutines()
	case "file_descriptors":
		c.findFiles(ctx, e)
	case "network":
		c.findConnections(ctx, e)
	case "disk":
		e.Pressure = &now.Pressure
		c.findDataFiles(ctx, e)
	case "pressure", "container":
		e.Pressure, e.Throttling = &now.Pressure, now.Container.CPU
		if now.Container.Pressure != nil {
			e.Pressure = now.Container.Pressure
		}
		c.findProcesses(ctx, e, nil, true)
	}
}

// LimitOf returns the limit of a resource with a name from Resources, or nil if the
// resource has no limit or the limit is unavailable.
func (s Summary) LimitOf(resource string) *Limit {
	switch resource {
	case "memory":
		if s.Memory.Limit != nil {
			return &Limit{float64(*s.Memory.Limit), "bytes", s.Memory.Source}
		}
	case "cpu":
		return &Limit{s.CPU.LimitCores, "cores", s.CPU.Source}
	case "file_descriptors":
		if s.FileDescriptors.SoftLimit != nil {
			return &Limit{float64(*s.FileDescriptors.SoftLimit), "files", "the soft limit of this process (ulimit -n)"}
		}
	case "disk":
		if s.Disk.Total != nil {
			return &Limit{float64(*s.Disk.Total), "bytes", "the file system of " + s.Disk.Path}
		}
	}
	return nil
}

func (e *Evidence) note(field string, err error) {
	if err != nil {
		e.Unavailable[field] = err.Error()
	}
}

func (c *Collector) findFiles(ctx context.Context, e *Evidence) {
	kinds, err := c.sys.FileKinds(ctx)
	e.OpenFiles = kinds
	e.note("open_files", err)
}

func (c *Collector) findDataFiles(ctx context.Context, e *Evidence) {
	files, err := c.files.ask(ctx)
	e.note("data_files", err)
	if err == nil {
		e.DataFiles = &files
	}
}

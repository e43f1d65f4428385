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
	// explainFor bounds how long Explain looks for things. What it has by then
	// is the answer.
	explainFor = time.Second
	// cpuWindow is how long processes are watched for who uses processors.
	cpuWindow = 250 * time.Millisecond
	// most is how many of the largest of something are told.
	most = 3
)

// Evidence is what is behind the figures of a resource. Only what bears on the
// resource is there. It holds names of processes, never their arguments, which
// may be secret.
type Evidence struct {
	Resource   string    `json:"resource"`
	CheckedAt  time.Time `json:"checked_at"`
	DurationMS float64   `json:"duration_ms"`
	Limit      *Limit    `json:"limit,omitempty"`
	Moved      []Move    `json:"moved"` // since the last reading, and the first of the last five minutes
	// TopMemory and TopCPU are the three largest of the processes that this one
	// may see; where a container's limit of memory counts, of those within.
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

// Limit is what a figure is held against, and who sets it.
type Limit struct {
	Value  float64 `json:"value"`
	Unit   string  `json:"unit"` // bytes, cores, files
	Source string  `json:"source"`
}

// UnknownResourceError is a name that Explain does not know.
type UnknownResourceError struct{ Resource string }

// Error says which there are.
func (e *UnknownResourceError) Error() string {
	return fmt.Sprintf("there is no resource %q to explain; there are: %s", e.Resource, strings.Join(Resources(), ", "))
}

// Resources are the names that Explain knows, in order.
func Resources() []string { return slices.Sorted(maps.Keys(tracked)) }

// ResourceOf is the name in Resources of what a figure belongs to, "memory" of
// "memory.percent"; "" for what there is nothing to explain of.
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

// Explain looks for what is behind the figures of a resource: "memory", or the
// path of a figure, "memory.percent". It takes up to a second, a quarter of one
// to watch processes, and is for when there is something to explain. The error
// is an *UnknownResourceError, that of ctx, or ErrClosed; what can't be found
// is in Unavailable.
func (c *Collector) Explain(ctx context.Context, resource string) (Evidence, error) {
	if err := c.open(ctx); err != nil {
		return Evidence{}, err
	}
	name := ResourceOf(resource)
	if name == "" {
		return Evidence{}, &UnknownResourceError{resource}
	}
	began := time.Now()
	bounded, cancel := context.WithTimeout(ctx, explainFor)
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
	e.Moved = c.history.moves(e.Resource, newReading(now.CheckedAt, now))
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

// LimitOf is what the figures of a resource are held against, by its name in
// Resources; nil for one that has no limit, or whose limit is not known.
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

package diagnostics

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"time"

	"vega/daemon/diagnostics/cgroup"
	"vega/daemon/diagnostics/system"
	"vega/policies/check"
)

// ErrClosed is returned by calls after Close.
var ErrClosed = errors.New("diagnostics: the collector is closed")

// Options configures a Collector.
type Options struct {
	// DataDir is the directory of vega's data. Disk reports the file system that
	// holds it. Required.
	DataDir string
	// Disks lists paths whose file systems are reported in addition to those of
	// DataDir and the root directory.
	Disks []string
}

// Collector reads the state of the system. It is safe for concurrent use. Calls in
// close succession share the figures that are measured over a window.
type Collector struct {
	sys     *system.Reader
	groups  *cgroup.Reader
	meter   *meter  // of Summary and Snapshot
	sampler *meter  // of Sample, so that other readers don't shorten its windows
	disks   []*disk // the file system of DataDir comes first
	files   *guard[DataFiles]
	process *processFacts
	history history
	closed  atomic.Bool
}

// New returns a Collector that has taken its first reading of the counters. The
// paths need not exist yet.
func New(o Options) (*Collector, error) {
	if o.DataDir == "" {
		return nil, errors.New("diagnostics: Options.DataDir is not set")
	}
	return newCollector(o, system.UsageOf)
}

func newCollector(o Options, usage usageFunc) (*Collector, error) {
	data, err := filepath.Abs(o.DataDir)
	if err != nil {
		return nil, fmt.Errorf("diagnostics: resolve the data directory %s: %w", o.DataDir, err)
	}
	sys := system.New()
	c := &Collector{sys: sys, groups: cgroup.New(), process: newProcessFacts(sys)}
	c.disks = newDisks(append([]string{data, rootOf(data)}, o.Disks...), usage)
	c.files = newGuard(func() (DataFiles, error) { return dataFiles(data) })
	c.meter = newMeter(c.sample, c.process.started)
	c.sampler = newMeter(c.sample, c.process.started)
	return c, nil
}

// Close makes later calls return ErrClosed. A call that hangs in a file system can't
// be interrupted. Its goroutine ends when the file system responds.
func (c *Collector) Close() error {
	c.closed.Store(true)
	return nil
}

// ready returns an error if the Collector is closed or ctx is done.
func (c *Collector) ready(ctx context.Context) error {
	if c.closed.Load() {
		return ErrClosed
	}
	return ctx.Err()
}

// Wait waits until there is a window to measure over, at most a tenth of a second
// after New. It is for programs that take one reading and exit.
func (c *Collector) Wait(ctx context.Context) error {
	if err := c.ready(ctx); err != nil {
		return err
	}
	return errors.Join(c.meter.wait(ctx), c.sampler.wait(ctx))
}

// Summary reads the figures that take less than a millisecond. The error is
// ErrClosed or that of ctx. Figures that can't be read are listed in Unavailable.
func (c *Collector) Summary(ctx context.Context) (Summary, error) {
	if err := c.ready(ctx); err != nil {
		return Summary{}, err
	}
	began := time.Now()
	levels, _ := c.groups.LimitedMemory() // without levels, the host's memory is used
	s := c.summary(ctx, c.meter.read(), levels)
	s.DurationMS = check.Milliseconds(time.Since(began))
	c.history.add(s)
	return s, ctx.Err()
}

// Snapshot reads all figures. It returns the same errors as Summary.
func (c *Collector) Snapshot(ctx context.Context) (Snapshot, error) {
	if err := c.ready(ctx); err != nil {
		return Snapshot{}, err
	}
	return c.snapshot(ctx, c.meter.read(), everything)
}

// everything wants all resources.
func everything(string) bool { return true }

// Sample reads a Summary, and of the other figures those of the wanted resources:
// network, disks, runtime, process, container. It is for a caller that reads at regular
// intervals: the rates cover the time since its last call, no matter who else reads figures.
func (c *Collector) Sample(ctx context.Context, wanted func(resource string) bool) (Snapshot, error) {
	if err := c.ready(ctx); err != nil {
		return Snapshot{}, err
	}
	return c.snapshot(ctx, c.sampler.read(), wanted)
}

// Sampled is like Sample, but returns the rates of its last call, if that was within
// maxAge.
func (c *Collector) Sampled(ctx context.Context, maxAge time.Duration, wanted func(resource string) bool) (Snapshot, error) {
	if err := c.ready(ctx); err != nil {
		return Snapshot{}, err
	}
	return c.snapshot(ctx, c.sampler.latest(maxAge), wanted)
}

// snapshot reads a Summary and the wanted other resources.
func (c *Collector) snapshot(ctx context.Context, r rates, wanted func(resource string) bool) (Snapshot, error) {
	began := time.Now()
	var s Snapshot
	var levels cgroup.Levels
	var levelsErr error
	if wanted("container") {
		levels, levelsErr = c.groups.Memory()
	} else {
		levels, _ = c.groups.LimitedMemory() // without levels, the host's memory is used
	}
	s.Summary = c.summary(ctx, r, levels)
	g := gaps(s.Unavailable)
	if wanted("network") {
		s.Network = c.network(ctx, g)
	}
	if wanted("disks") {
		s.Disks = c.allDisks(ctx, g)
	}
	if wanted("runtime") {
		s.Runtime = newRuntime(r, g)
	}
	if wanted("process") {
		s.Process = c.process.read(ctx, g)
	}
	if wanted("container") {
		s.Container = c.container(levels, levelsErr, s.Memory, r, g)
	}
	s.DurationMS = check.Milliseconds(time.Since(began))
	c.history.add(s)
	return s, ctx.Err()
}

func (c *Collector) summary(ctx context.Context, r rates, levels cgroup.Levels) Summary {
	g := gaps{}
	threads, err := c.sys.Threads(ctx)
	taken := time.Now()
	s := Summary{CheckedAt: taken.UTC(), Unavailable: g, taken: taken}
	s.Memory = c.memory(ctx, levels, g)
	s.CPU = c.cpu(ctx, r, g)
	s.CPU.Threads = orNil(g, "cpu.threads", threads, err)
	s.Threads = Threads{Total: orNil(g, "threads.total", threads, err), GoRoutines: goroutines()}
	s.FileDescriptors = c.fileDescriptors(g)
	s.Disk = c.disks[0].read(ctx, "disk", g)
	s.Pressure = newPressure(c.sys.Pressure, "pressure", g)
	return s
}

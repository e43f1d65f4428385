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

// ErrClosed is the error of a call after Close.
var ErrClosed = errors.New("diagnostics: the collector is closed")

// Options say what a Collector looks at.
type Options struct {
	// DataDir is where vega keeps its data: Disk is about the file system that
	// holds it. Required.
	DataDir string
	// Disks are further paths whose file systems are looked at, beside those
	// of DataDir and of the root.
	Disks []string
}

// Collector reads the state of things. It is safe for concurrent use; callers
// that come close together share what only makes sense over a window.
type Collector struct {
	sys     *system.Reader
	groups  *cgroup.Reader
	meter   *meter
	disks   []*disk // that of DataDir first
	files   *guard[DataFiles]
	process *processFacts
	history history
	closed  atomic.Bool
}

// New makes a Collector and takes the first reading of what is counted. The
// paths need not exist yet.
func New(o Options) (*Collector, error) {
	if o.DataDir == "" {
		return nil, errors.New("diagnostics: no data directory given: set Options.DataDir")
	}
	return newCollector(o, system.UsageOf)
}

func newCollector(o Options, usage usageFunc) (*Collector, error) {
	data, err := filepath.Abs(o.DataDir)
	if err != nil {
		return nil, fmt.Errorf("diagnostics: find the data directory %s: %w", o.DataDir, err)
	}
	sys := system.New()
	c := &Collector{sys: sys, groups: cgroup.New(), process: newProcessFacts(sys)}
	c.disks = newDisks(append([]string{data, rootOf(data)}, o.Disks...), usage)
	c.files = newGuard(func() (DataFiles, error) { return dataFiles(data) })
	c.meter = newMeter(c.sample, c.process.started)
	return c, nil
}

// Close ends the Collector: later calls answer ErrClosed. A call into a file
// system that hangs can't be ended; its goroutine ends when the file system
// answers.
func (c *Collector) Close() error {
	c.closed.Store(true)
	return nil
}

// open reports why there is nothing to answer, nil if there is.
func (c *Collector) open(ctx context.Context) error {
	if c.closed.Load() {
		return ErrClosed
	}
	return ctx.Err()
}

// Wait returns when there is a window to look back on, at most a tenth of a
// second after New: for whoever asks once and leaves. A daemon need not wait.
func (c *Collector) Wait(ctx context.Context) error {
	if err := c.open(ctx); err != nil {
		return err
	}
	return c.meter.wait(ctx)
}

// Summary reads the part that costs less than a millisecond. The error is that
// of ctx, or ErrClosed; what can't be read is in Unavailable.
func (c *Collector) Summary(ctx context.Context) (Summary, error) {
	if err := c.open(ctx); err != nil {
		return Summary{}, err
	}
	began := time.Now()
	levels, _ := c.groups.LimitedMemory() // where there are none, the host's count
	s := c.summary(ctx, c.meter.read(), levels)
	s.DurationMS = check.Milliseconds(time.Since(began))
	c.history.keep(s.CheckedAt, s)
	return s, ctx.Err()
}

// Snapshot reads everything. Errors are those of Summary.
func (c *Collector) Snapshot(ctx context.Context) (Snapshot, error) {
	if err := c.open(ctx); err != nil {
		return Snapshot{}, err
	}
	began := time.Now()
	var s Snapshot
	r := c.meter.read()
	levels, err := c.groups.Memory()
	s.Summary = c.summary(ctx, r, levels)
	g := gaps(s.Unavailable)
	s.Network = c.network(ctx, g)
	s.Disks = c.allDisks(ctx, g)
	s.Runtime = newRuntime(r, g)
	s.Process = c.process.read(ctx, g)
	s.Container = c.container(levels, err, s.Memory, r, g)
	s.DurationMS = check.Milliseconds(time.Since(began))
	c.history.keep(s.CheckedAt, s)
	return s, ctx.Err()
}

func (c *Collector) summary(ctx context.Context, r rates, levels cgroup.Levels) Summary {
	g := gaps{}
	threads, err := c.sys.Threads(ctx)
	s := Summary{CheckedAt: time.Now().UTC(), Unavailable: g}
	s.Memory = c.memory(ctx, levels, g)
	s.CPU = c.cpu(ctx, r, g)
	s.CPU.Threads = had(g, "cpu.threads", threads, err)
	s.Threads = Threads{Total: had(g, "threads.total", threads, err), GoRoutines: goroutines()}
	s.FileDescriptors = c.fileDescriptors(g)
	s.Disk = c.disks[0].read(ctx, "disk", g)
	s.Pressure = newPressure(c.sys.Pressure, "pressure", g)
	return s
}

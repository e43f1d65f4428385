package daemon

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"os"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"vega/daemon/config"
	"vega/daemon/diagnostics"
	"vega/daemon/engine"
	"vega/daemon/monitor"
	"vega/plugins"
	"vega/plugins/manifest"
	"vega/plugins/shortage"
)

const (
	// runMemory is what a run that waits for its target takes of the memory limit, with
	// the garbage that the heap may hold per run. .ci/bench/README.md has the figures.
	runMemory = 192 << 10
	// minPlaces is the number of places that are left whatever the limit.
	minPlaces = 8
	// The part of a limit that neither the heap nor runs may use: for the program's own
	// pages, the kernel's buffers, and short peaks.
	minReserve, maxReserve = 8 << 20, 48 << 20
	// minHeap is the lowest limit for the Go heap. With less, vega would only collect
	// garbage.
	minHeap = 16 << 20
	// tightHeap is the limit below which memory is given back during the start.
	tightHeap = 80 << 20
	// compileMemory is what vega takes while it compiles the bundled plugins.
	compileMemory = 64 << 20
	// minGrowth is what the memories of running probes may grow by in all whatever the
	// limit: a probe that reads a page of 1 MiB needs about 6 MiB.
	minGrowth = 8 << 20
	// fitInterval is how often the limits are read.
	fitInterval = 2 * time.Second
	// samples is how many readings the memory that runs don't use is the lowest of.
	samples = 3
)

// bound is a limit on memory, and what a run takes of it.
type bound struct {
	name        string // such as "cgroup /vega"
	limit, held uint64 // bytes
	perRun      uint64 // bytes
	space       bool   // it limits address space
}

func (b bound) String() string {
	return fmt.Sprintf("the memory limit of %v (%s)", rounded(b.limit), b.name)
}

// rounded formats a size in whole MiB.
func rounded(bytes uint64) manifest.Size { return manifest.Size(bytes >> 20 << 20) }

// usable returns the part of the limit that the heap and runs may use.
func (b bound) usable() uint64 { return b.limit - min(b.limit, b.reserve()) }

// reserve returns the part of the limit that neither the heap nor runs may plan with.
func (b bound) reserve() uint64 { return min(max(b.limit/4, minReserve), maxReserve) }

// left returns how much more fits before the kernel kills a process.
func (b bound) left() uint64 { return b.limit - min(b.limit, b.held) }

// places returns how many runs fit, if all but the memory of those in progress
// stays in use.
func (b bound) places(others uint64) int {
	return int(min((b.usable()-min(b.usable(), others))/b.perRun, config.MaxRunning))
}

// heap returns the limit for the Go heap. The other three eighths are for what Go
// does not count: the memory of guests, compiled code and SQLite.
func (b bound) heap() int64 { return int64(max(b.usable()/8*5, minHeap)) }

// room adapts the engine and Go's runtime to the memory that there is.
type room struct {
	log      *slog.Logger
	engine   *engine.Engine
	read     func(context.Context) []bound
	pressure *pressure

	mu     sync.Mutex                    // guards the fields up to said
	hold   func(manifest.Size)           // limits what vega holds for probes; nil: does nothing
	grow   func(more, min manifest.Size) // limits what the memories of probes grow by; nil: does nothing
	wanted manifest.Size                 // host_memory in the configuration
	most   manifest.Size                 // the largest part of the limit that probes may get
	spread manifest.Size                 // the largest memory limit of an integration
	heap   int64                         // the limit that was set; 0: none
	others map[string][]uint64           // the last readings of what runs don't use, by name

	said    time.Time // when a shortage was last logged; zero: it is over
	lastLow time.Time // when a run was last not started
	missed  int64     // runs that were not started, as of the last reading
	logged  int64     // as of the last log line
}

// newRoom returns a room that has limited the heap, because compiling may need nearly
// all the memory.
func newRoom(ctx context.Context, log *slog.Logger, e *engine.Engine) *room {
	r := &room{log: log, engine: e, read: boundsOf(), spread: plugins.DefaultMemory, most: math.MaxInt64}
	r.pressure = newPressure(r.read)
	all := r.read(ctx)
	r.limitHeap(all)
	r.warn(ctx, all)
	return r
}

// warn logs the limits below which the kernel may kill vega while it compiles, before
// it does.
func (r *room) warn(ctx context.Context, all []bound) {
	for _, b := range all {
		if !b.space && b.limit < compileMemory {
			r.log.WarnContext(ctx, "compiling plugins takes more memory than there is, and the kernel may kill vega; give it more, or start it once with more, so that data_dir/cache has the code", "limit", rounded(b.limit).String(), "source", b.name, "needed", rounded(compileMemory).String())
		}
	}
}

// boundsOf returns a function that reads all limits.
func boundsOf() func(context.Context) []bound {
	memory := diagnostics.NewBounds()
	return func(ctx context.Context) []bound {
		var all []bound
		for _, m := range memory.Read(ctx) {
			name := m.Source
			if m.Path != "" {
				name += " " + m.Path
			}
			all = append(all, bound{name: name, limit: m.Limit, held: m.Held, perRun: runMemory})
		}
		for _, s := range shortage.Spaces() {
			all = append(all, bound{name: s.Name, limit: s.Limit, held: s.Used, space: true})
		}
		return all
	}
}

// limitHeap sets the limit of the Go heap from the lowest limit on memory, unless
// GOMEMLIMIT is set. The caller holds r.mu.
func (r *room) limitHeap(all []bound) {
	if os.Getenv("GOMEMLIMIT") != "" || len(all) == 0 {
		return
	}
	heap := int64(math.MaxInt64)
	for _, b := range all {
		heap = min(heap, b.heap())
	}
	if heap != r.heap {
		debug.SetMemoryLimit(heap)
		r.heap = heap
	}
}

// fit reads the limits and sets the number of places. It returns the limit that
// determines it.
func (r *room) fit(ctx context.Context) (tightest bound, places int) {
	all := r.read(ctx)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.limitHeap(all)
	running := uint64(r.engine.Places().Used)
	places = config.MaxRunning
	others := map[string][]uint64{}
	r.most = math.MaxInt64
	for n, b := range all {
		if b.space {
			b.perRun = uint64(r.spread)
			all[n] = b
		} else {
			r.most = min(r.most, manifest.Size(b.usable()/4))
		}
		seen := append(r.others[b.name], b.held-min(b.held, running*b.perRun))
		seen = seen[max(0, len(seen)-samples):]
		others[b.name] = seen
		if fits := max(b.places(slices.Min(seen)), minPlaces); fits < places || n == 0 {
			tightest, places = b, fits
		}
	}
	r.others = others
	r.limitHeld()
	r.limitGrowth(all)
	r.pressure.note(all)
	r.engine.Fit(places, tightest.String())
	return tightest, places
}

// limitHeld limits what vega holds for probes to what is configured, or to a quarter
// of the memory that there is. The caller holds r.mu.
func (r *room) limitHeld() {
	if r.hold != nil {
		r.hold(min(r.wanted, r.most))
	}
}

// limitGrowth lets the memories of running probes grow by half of what is left of the
// lowest limit, because vega holds memory for them, too. The caller holds r.mu.
func (r *room) limitGrowth(all []bound) {
	more := uint64(math.MaxInt64)
	for _, b := range all {
		if !b.space {
			more = min(more, (b.usable()-min(b.usable(), b.held))/2)
		}
	}
	if r.grow != nil {
		r.grow(manifest.Size(more), minGrowth)
	}
}

// adopt takes host_memory and the largest memory limit of an integration from a
// configuration.
func (r *room) adopt(cfg *config.Config) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.spread = plugins.DefaultMemory
	for _, i := range cfg.Integrations {
		if i.Enabled {
			r.spread = max(r.spread, i.Memory)
		}
	}
	r.wanted = cfg.Sandbox.HostMemory
	r.limitHeld()
}

// follow adapts to the limits until ctx ends or the engine drains.
func (r *room) follow(ctx context.Context) {
	t := time.NewTicker(fitInterval)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-r.engine.Draining():
			return
		case <-t.C:
			r.fit(ctx)
			r.report(ctx, time.Now())
		}
	}
}

// report logs that runs did not start for lack of places: at once, then each minute
// with their number, and when it is over.
func (r *room) report(ctx context.Context, now time.Time) {
	p := r.engine.Places()
	if p.NotStarted > r.missed {
		r.missed, r.lastLow = p.NotStarted, now
	}
	switch {
	case r.missed > r.logged && now.Sub(r.said) >= time.Minute:
		r.log.WarnContext(ctx, "checks did not start in time, because too few can run concurrently; they are unknown", "count", r.missed-r.logged, "places", p.Size, "reason", r.engine.Concurrency())
		r.said, r.logged = now, r.missed
	case !r.said.IsZero() && now.Sub(r.lastLow) >= time.Minute:
		r.log.InfoContext(ctx, "all checks start in time again", "places", p.Size, "not_started", r.missed)
		r.said = time.Time{}
	}
}

// outcome summarizes the places for the startup log.
func (r *room) outcome(ctx context.Context) string {
	if r.heap < tightHeap {
		debug.FreeOSMemory() // what compiling left behind, before runs need it
	}
	b, places := r.fit(ctx)
	if b.limit == 0 {
		return fmt.Sprintf("no known limit: %d concurrent checks", places)
	}
	return fmt.Sprintf("limit %v (%s): %d concurrent checks", rounded(b.limit), b.name, places)
}

// places returns the places for runs in the form of the diagnostics.
func (r *room) places() *monitor.Places {
	p := r.engine.Places()
	return &monitor.Places{Size: p.Size, Used: p.Used, Waiting: p.Waiting, NotStarted: p.NotStarted, Limit: r.engine.Concurrency()}
}

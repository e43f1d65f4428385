package engine

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/tetratelabs/wazero/experimental"

	"vega/plugins/guard"
	"vega/plugins/manifest"
	"vega/plugins/memory"
)

// idleTime is how long an instance is kept for its next run.
const idleTime = 10 * time.Minute

// maxIdle returns how many idle instances a module keeps. Each costs about 0.2
// MB for the runtime of a Go guest, and at most 0.5 MB for the pages that a run
// wrote to.
func maxIdle() int { return max(16, 2*runtime.GOMAXPROCS(0)) }

var (
	// ErrMemory reports that a guest needs more memory than it may have.
	ErrMemory = errors.New("not enough memory")
	// ErrHost reports that the host, as opposed to the guest, lacked
	// something.
	ErrHost = errors.New("vega's machine is short of memory")
)

// Pool makes the instances of one module. It keeps idle ones in the state that
// they had before their first run. It is safe for concurrent use once Snapshot
// has returned.
type Pool struct {
	engine   *Engine
	entry    string
	pages    *memory.PageMap
	start    *memory.Image // nil if the module has its own data
	snapshot *snapshot     // nil if every run initializes the module itself

	mu     sync.Mutex
	idle   []*Instance // the most recently used is last
	sweep  *time.Timer // nil if nothing is idle
	closed bool
}

// NewPool returns a Pool for the compiled module. entry is the function that
// runs a probe; image is the initial memory, or nil for the module's own data.
func NewPool(e *Engine, entry string, image []byte, pages *memory.PageMap) *Pool {
	return &Pool{engine: e, entry: entry, pages: pages, start: memory.NewImage(image)}
}

// Reuse returns an idle instance, reset after its last run, whose memory may
// grow to exactly the limit. It returns nil if there isn't one.
func (p *Pool) Reuse(h Host, limit manifest.Size) *Instance {
	p.mu.Lock()
	defer p.mu.Unlock()
	for n := len(p.idle) - 1; n >= 0; n-- {
		if i := p.idle[n]; i.memory.Limit() == uint64(limit) {
			p.idle = slices.Delete(p.idle, n, n+1)
			i.host = h
			return i
		}
	}
	return nil
}

// New returns a fresh instance, at the module's snapshot if there is one. Its
// Initialize must succeed before the first call.
func (p *Pool) New(ctx context.Context, h Host, limit manifest.Size) (_ *Instance, err error) {
	compiled := p.engine.compiled
	if minimum := uint64(compiled.ExportedMemories()["memory"].Min()) * PageSize; minimum > uint64(limit) {
		return nil, fmt.Errorf("%w: the module starts with %v but its limit is %v; raise memory in the integration", ErrMemory, manifest.Size(minimum), limit)
	}
	defer func() {
		if r := recover(); r != nil { // wazero does not check whether its mappings succeeded
			err = fmt.Errorf("%w: no address space is left for the guest; raise ulimit -v or LimitAS for vega, or run fewer checks at the same time", ErrHost)
		}
	}()
	i := &Instance{host: h}
	ctx = experimental.WithMemoryAllocator(ctx, p.allocator(i, limit))
	if i.Module, err = p.engine.runtime.InstantiateModule(ctx, compiled, i.config()); err != nil {
		return nil, err
	}
	i.run = i.ExportedFunction(p.entry)
	i.native = nativeStack(i.run)
	if p.snapshot != nil {
		if err := p.snapshot.restore(i); err != nil {
			i.Close()
			return nil, err
		}
		return i, nil
	}
	for _, name := range []string{guard.StartExport, Initialize} { // a command has no Initialize
		if f := i.ExportedFunction(name); f != nil {
			i.start = append(i.start, f)
		}
	}
	return i, nil
}

// allocator makes the linear memory of an instance.
func (p *Pool) allocator(i *Instance, limit manifest.Size) experimental.MemoryAllocator {
	return experimental.MemoryAllocatorFunc(func(_, moduleMax uint64) experimental.LinearMemory {
		i.memory = memory.NewLinear(i, uint64(limit), moduleMax, p.start)
		return i.memory
	})
}

// Put takes back an instance whose run ended normally. It resets the instance
// and keeps it for another run, or closes it if it can't.
func (p *Pool) Put(i *Instance) {
	if p.snapshot == nil || i.StackSize() > IdleStack || !p.reset(i) {
		i.Close()
		return
	}
	i.host = nil
	if !p.keep(i) {
		i.Close()
	}
}

// keep adds an instance to the idle ones, and reports whether there was room.
func (p *Pool) keep(i *Instance) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || len(p.idle) >= maxIdle() {
		return false
	}
	i.idle = time.Now()
	p.idle = append(p.idle, i)
	if p.sweep == nil {
		p.sweep = time.AfterFunc(idleTime, p.tidy)
	}
	return true
}

// tidy closes the instances that have been idle for idleTime.
func (p *Pool) tidy() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.idle = slices.DeleteFunc(p.idle, func(i *Instance) bool {
		old := time.Since(i.idle) >= idleTime
		if old {
			i.Close()
		}
		return old
	})
	p.sweep = nil
	if len(p.idle) > 0 {
		p.sweep = time.AfterFunc(idleTime, p.tidy)
	}
}

// Idle returns the number of idle instances.
func (p *Pool) Idle() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.idle)
}

// Withdraw closes the idle instances, and from then on each one that is put
// back.
func (p *Pool) Withdraw() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	if p.sweep != nil {
		p.sweep.Stop()
	}
	for _, i := range p.idle {
		i.Close()
	}
	p.idle = nil
}

// Close frees the image. All instances must be closed first.
func (p *Pool) Close() { p.start.Close() }

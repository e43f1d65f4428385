package plugins

import (
	"runtime"
	"slices"
	"sync"
	"time"

	"vega/plugins/manifest"
)

const (
	// idleTime is how long an instance waits for its next run.
	idleTime = 10 * time.Minute
	// maxStack is the native stack that an idle instance may hold on to.
	maxStack = 256 << 10
	// maxNative is how large the native stack of a guest may grow, in bytes. It
	// is no part of the guest's memory, and grows by doubling.
	maxNative = 16 << 20
)

// maxIdle is how many instances a module keeps. One costs what the runtime
// knows of it, some 0.2 MB for a Go guest, and the pages it writes to in a run,
// 0.5 MB at most.
func maxIdle() int { return max(16, 2*runtime.GOMAXPROCS(0)) }

// idle are the instances of a module that wait for a run, each as it was
// before its first, the one used last on top.
type idle struct {
	mu     sync.Mutex
	all    []*instance
	sweep  *time.Timer // nil: nothing is idle
	closed bool
}

// take answers an instance whose memory may grow to the limit and no further,
// or nil.
func (p *idle) take(limit manifest.Size) *instance {
	p.mu.Lock()
	defer p.mu.Unlock()
	for n := len(p.all) - 1; n >= 0; n-- {
		if i := p.all[n]; i.memory.limit == uint64(limit) {
			p.all = slices.Delete(p.all, n, n+1)
			return i
		}
	}
	return nil
}

// put keeps an instance, or reports that there is no room for it.
func (p *idle) put(i *instance) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || len(p.all) >= maxIdle() {
		return false
	}
	i.idle = time.Now()
	p.all = append(p.all, i)
	if p.sweep == nil {
		p.sweep = time.AfterFunc(idleTime, p.tidy)
	}
	return true
}

// tidy closes what nobody wanted for long.
func (p *idle) tidy() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.all = slices.DeleteFunc(p.all, func(i *instance) bool {
		old := time.Since(i.idle) >= idleTime
		if old {
			i.close()
		}
		return old
	})
	p.sweep = nil
	if len(p.all) > 0 {
		p.sweep = time.AfterFunc(idleTime, p.tidy)
	}
}

func (p *idle) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	if p.sweep != nil {
		p.sweep.Stop()
	}
	for _, i := range p.all {
		i.close()
	}
	p.all = nil
}

// keep sets an instance back after a run that ended well, and keeps it for the
// next. It reports whether it did.
func (m *Module) keep(i *instance) bool {
	if m.snapshot == nil || i.stackSize() > maxStack || !m.reset(i) {
		return false
	}
	i.guest = nil
	return m.idle.put(i)
}

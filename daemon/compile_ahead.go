package daemon

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"sync/atomic"

	"vega/plugins/manifest"
)

// compileQueue has modules compiled one after another, beside all else that vega
// does: a compiler may take half a minute of the processor, and whoever loads a
// module holds what reloads and removals wait for.
type compileQueue struct {
	on   atomic.Bool // since Run began: until then, modules are compiled where they are loaded
	mu   sync.Mutex
	all  map[string]*compilation // by file; under mu
	wake chan struct{}
}

// compilation is of a file that is not in service yet.
type compilation struct {
	found  manifest.Found
	unused bool               // no integration needs it
	cancel context.CancelFunc // while it lasts; under the queue's mu
	done   chan struct{}      // closed once it is compiled, or not wanted any more
	err    error              // once done is closed
}

// precedence is which of two modules is to be loaded or compiled first.
type precedence struct {
	unready, unused bool
	size            int
}

func (a precedence) compare(b precedence) int {
	return cmp.Or(compareBool(a.unready, b.unready), compareBool(a.unused, b.unused), cmp.Compare(a.size, b.size))
}

// compareBool orders false before true.
func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	default:
		return 1
	}
}

func newCompileQueue() *compileQueue {
	return &compileQueue{all: map[string]*compilation{}, wake: make(chan struct{}, 1)}
}

// add has a file compiled, and returns what is closed then. What is compiled of it
// already, or waits, counts if the file still holds the same.
func (q *compileQueue) add(f manifest.Found, used bool) <-chan struct{} {
	q.mu.Lock()
	defer q.mu.Unlock()
	if c := q.all[f.File]; c != nil && c.found.Digest == f.Digest {
		c.unused = !used
		return c.done
	}
	q.drop(f.File)
	c := &compilation{found: f, unused: !used, done: make(chan struct{})}
	q.all[f.File] = c
	select {
	case q.wake <- struct{}{}:
	default: // it is about to look anyway
	}
	return c.done
}

// drop forgets a file, and ends its compiler. The caller holds q.mu.
func (q *compileQueue) drop(file string) {
	c := q.all[file]
	if c == nil {
		return
	}
	delete(q.all, file)
	if c.cancel != nil {
		c.cancel()
	}
	if !c.over() {
		close(c.done)
	}
}

// over reports whether done is closed. The caller holds the queue's mu, where a
// compilation ends.
func (c *compilation) over() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

// keep forgets the files that are gone.
func (q *compileQueue) keep(here func(file string) bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for file := range q.all {
		if !here(file) {
			q.drop(file)
		}
	}
}

// pending is closed once what was found is compiled; nil if it is, or was not added.
func (q *compileQueue) pending(f manifest.Found) <-chan struct{} {
	q.mu.Lock()
	defer q.mu.Unlock()
	if c := q.all[f.File]; c != nil && c.found.Digest == f.Digest && !c.over() {
		return c.done
	}
	return nil
}

// tried reports whether what was found was compiled, with whatever outcome, and
// nobody took it yet.
func (q *compileQueue) tried(f manifest.Found) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	c := q.all[f.File]
	return c != nil && c.found.Digest == f.Digest && c.over()
}

// take returns why what was found did not compile, once.
func (q *compileQueue) take(f manifest.Found) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	c := q.all[f.File]
	if c == nil || c.found.Digest != f.Digest || !c.over() {
		return nil
	}
	delete(q.all, f.File)
	return c.err
}

// next is the compilation to begin, nil if there is none.
func (q *compileQueue) next(cancel context.CancelFunc) *compilation {
	q.mu.Lock()
	defer q.mu.Unlock()
	var waiting []*compilation
	for _, c := range q.all {
		if !c.over() {
			waiting = append(waiting, c)
		}
	}
	if len(waiting) == 0 {
		return nil
	}
	c := slices.MinFunc(waiting, func(a, b *compilation) int {
		return cmp.Or(a.precedence().compare(b.precedence()), cmp.Compare(a.found.File, b.found.File))
	})
	c.cancel = cancel
	return c
}

func (c *compilation) precedence() precedence {
	return precedence{unused: c.unused, size: c.found.Module.Size}
}

// finish notes the outcome, unless the file was dropped meanwhile.
func (q *compileQueue) finish(c *compilation, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	c.cancel = nil
	if !c.over() {
		c.err = err
		close(c.done)
	}
}

// compileAhead works the queue off until ctx ends.
func (d *Daemon) compileAhead(ctx context.Context) {
	for ctx.Err() == nil {
		within, cancel := context.WithCancel(ctx)
		c := d.ahead.next(cancel)
		if c != nil {
			d.ahead.finish(c, d.compile(within, c.found))
		}
		cancel()
		if c != nil {
			continue
		}
		select {
		case <-ctx.Done():
		case <-d.ahead.wake:
		}
	}
}

// compile compiles what was found, if its file still holds it.
func (d *Daemon) compile(ctx context.Context, f manifest.Found) error {
	wasm, err := bytesOf(f)
	if err != nil {
		return err
	}
	return d.sandbox.Compile(ctx, wasm)
}

// unready reports whether a module is to be compiled before it can be loaded.
func (d *Daemon) unready(f manifest.Found) bool {
	return d.ahead.on.Load() && f.File != "" && !d.ahead.tried(f) && !d.sandbox.Ready(f.Digest)
}

// settle waits until all that a state waits for is compiled. It reports false where
// that takes longer than patience, or vega shuts down.
func (d *Daemon) settle(patience context.Context, all []plugin) bool {
	for _, p := range all {
		done := d.ahead.pending(p.found)
		if done == nil {
			continue
		}
		select {
		case <-done:
		case <-patience.Done():
			return false
		case <-d.halt:
			return false
		}
	}
	return true
}

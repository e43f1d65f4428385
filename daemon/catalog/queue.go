package catalog

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"slices"
	"sync"
	"time"

	"vega/plugins"
	"vega/plugins/manifest"
	"vega/plugins/shortage"
)

// compileQueue orders the modules that are compiled sequentially in the background.
// A compilation can take half a minute of CPU time, and loading a module blocks
// reloads and removals.
type compileQueue struct {
	mu   sync.Mutex
	all  map[string]*compilation // by file
	wake chan struct{}
}

// compilation is the compilation of one file that is not in service yet.
type compilation struct {
	found     manifest.Found
	unused    bool               // no integration uses it
	preempted bool               // canceled in favor of another; will be started again
	cancel    context.CancelFunc // non-nil while the compiler runs
	done      chan struct{}      // closed once it is compiled or dropped
	err       error              // valid once done is closed
	retryAt   time.Time          // when a failed compilation may be tried again
	reported  bool               // takeError has returned err
}

// before compares compilations: those that integrations use come first, then
// smaller ones.
func (c *compilation) before(o *compilation) int {
	switch {
	case c.unused == o.unused:
		return cmp.Or(cmp.Compare(c.found.Module.Size, o.found.Module.Size), cmp.Compare(c.found.File, o.found.File))
	case o.unused:
		return -1
	default:
		return 1
	}
}

// preempts reports whether c should cancel the running compilation o, although the
// work done on o is lost.
func (c *compilation) preempts(o *compilation) bool {
	return !c.unused && o.unused || c.unused == o.unused && c.found.Module.Size < o.found.Module.Size/2
}

func newCompileQueue() *compileQueue {
	return &compileQueue{all: map[string]*compilation{}, wake: make(chan struct{}, 1)}
}

// add queues a file and returns a channel that is closed once it is compiled. It
// reuses an existing compilation of the same content.
func (q *compileQueue) add(f manifest.Found, used bool) <-chan struct{} {
	q.mu.Lock()
	defer q.mu.Unlock()
	if c := q.all[f.File]; c != nil && c.found.Digest == f.Digest && !c.stale() {
		c.unused = c.unused && !used
		q.preempt(c)
		return c.done
	}
	q.drop(f.File)
	c := &compilation{found: f, unused: !used, done: make(chan struct{})}
	q.all[f.File] = c
	q.preempt(c)
	select {
	case q.wake <- struct{}{}:
	default: // a wakeup is pending
	}
	return c.done
}

// preempt cancels the running compilation if c should run first. The canceled
// compilation starts again later. The caller holds q.mu.
func (q *compileQueue) preempt(c *compilation) {
	for _, o := range q.all {
		if o.cancel != nil && !c.over() && c.preempts(o) {
			o.preempted = true
			o.cancel()
		}
	}
}

// drop removes a file from the queue and cancels its compilation. The caller holds
// q.mu.
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

// over reports whether the compilation has ended. The caller holds the mutex of the
// queue.
func (c *compilation) over() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

// stale reports whether the compilation failed and may be tried again now. The
// caller holds the mutex of the queue.
func (c *compilation) stale() bool {
	return c.over() && c.err != nil && c.reported && !time.Now().Before(c.retryAt)
}

// prune removes files that no longer exist from the queue.
func (q *compileQueue) prune() {
	q.mu.Lock()
	defer q.mu.Unlock()
	for file := range q.all {
		if _, err := os.Lstat(file); errors.Is(err, fs.ErrNotExist) {
			q.drop(file)
		}
	}
}

// due reports whether a file should be handled now, because it is compiled, its
// error has not been reported yet, or it may be tried again.
func (q *compileQueue) due(file string) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	c := q.all[file]
	return c == nil || c.stale() || c.over() && (c.err == nil || !c.reported)
}

// pending returns a channel that is closed once a module is compiled. It returns nil
// if the module is already compiled or not in the queue.
func (q *compileQueue) pending(f manifest.Found) <-chan struct{} {
	q.mu.Lock()
	defer q.mu.Unlock()
	if c := q.all[f.File]; c != nil && c.found.Digest == f.Digest && !c.over() {
		return c.done
	}
	return nil
}

// tried reports whether a compilation of the module has ended, with or without
// success, and must not be tried again yet.
func (q *compileQueue) tried(f manifest.Found) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	c := q.all[f.File]
	return c != nil && c.found.Digest == f.Digest && c.over() && !c.stale()
}

// takeError returns the error of a module's compilation. It returns the same error
// until the compilation may be tried again.
func (q *compileQueue) takeError(f manifest.Found) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	c := q.all[f.File]
	if c == nil || c.found.Digest != f.Digest || !c.over() {
		return nil
	}
	c.reported = true
	if c.err == nil || c.stale() {
		delete(q.all, f.File)
	}
	return c.err
}

// failed records an error that keeps a module from being loaded for now.
func (q *compileQueue) failed(f manifest.Found, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.all[f.File] != nil { // keep the existing record and its retry time
		return
	}
	c := &compilation{found: f, done: make(chan struct{}), reported: true}
	q.all[f.File] = c
	c.end(err)
}

// end records the result and closes done. The caller holds the mutex of the queue.
func (c *compilation) end(err error) {
	c.err, c.retryAt = err, time.Now()
	switch {
	case shortage.Of(err) != nil:
		c.retryAt = c.retryAt.Add(shortageRetryInterval)
	case err != nil:
		c.retryAt = c.retryAt.Add(plugins.RetryAfter(err))
	}
	close(c.done)
}

// next returns the compilation to start, or nil if the queue is empty. Calling
// cancel must stop that compilation.
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
	c := slices.MinFunc(waiting, (*compilation).before)
	c.cancel, c.preempted = cancel, false
	return c
}

// finish records the result, unless the file was dropped in the meantime or its
// compilation was preempted.
func (q *compileQueue) finish(c *compilation, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	c.cancel = nil
	if !c.over() && !(c.preempted && errors.Is(err, context.Canceled)) {
		c.end(err)
	}
}

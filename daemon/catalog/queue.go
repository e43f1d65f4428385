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

// compileQueue has modules compiled one after another, in the background: a
// compiler may take half a minute of the processor, and reloads and removals wait
// for whoever loads a module.
type compileQueue struct {
	mu   sync.Mutex
	all  map[string]*compilation // by file; under mu
	wake chan struct{}
}

// compilation is of a file that is not in service yet.
type compilation struct {
	found    manifest.Found
	unused   bool               // no integration needs it
	again    bool               // it gave way to another while it was compiled
	cancel   context.CancelFunc // while it lasts; under the queue's mu
	done     chan struct{}      // closed once it is compiled, or not wanted any more
	err      error              // once done is closed
	until    time.Time          // for how long err stands
	reported bool               // who wanted to load it knows err
}

// before orders compilations: what integrations need comes first, then what is
// smaller.
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

// urgent reports whether c is not to wait until o is compiled: what has been done
// of o is lost then.
func (c *compilation) urgent(o *compilation) bool {
	return !c.unused && o.unused || c.unused == o.unused && c.found.Module.Size < o.found.Module.Size/2
}

func newCompileQueue() *compileQueue {
	return &compileQueue{all: map[string]*compilation{}, wake: make(chan struct{}, 1)}
}

// add has a file compiled, and returns what is closed then. What is compiled of it
// already, or waits, counts if the file still holds the same.
func (q *compileQueue) add(f manifest.Found, used bool) <-chan struct{} {
	q.mu.Lock()
	defer q.mu.Unlock()
	if c := q.all[f.File]; c != nil && c.found.Digest == f.Digest && !c.stale() {
		c.unused = c.unused && !used
		q.makeWay(c)
		return c.done
	}
	q.drop(f.File)
	c := &compilation{found: f, unused: !used, done: make(chan struct{})}
	q.all[f.File] = c
	q.makeWay(c)
	select {
	case q.wake <- struct{}{}:
	default: // it is about to look anyway
	}
	return c.done
}

// makeWay ends what is being compiled, to be begun anew, where c is not to wait for
// it. The caller holds q.mu.
func (q *compileQueue) makeWay(c *compilation) {
	for _, o := range q.all {
		if o.cancel != nil && !c.over() && c.urgent(o) {
			o.again = true
			o.cancel()
		}
	}
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

// stale reports whether it failed long enough ago to be tried again. The caller
// holds the queue's mu.
func (c *compilation) stale() bool {
	return c.over() && c.err != nil && c.reported && !time.Now().Before(c.until)
}

// tidy forgets the files that are gone.
func (q *compileQueue) tidy() {
	q.mu.Lock()
	defer q.mu.Unlock()
	for file := range q.all {
		if _, err := os.Lstat(file); errors.Is(err, fs.ErrNotExist) {
			q.drop(file)
		}
	}
}

// due reports whether there is nothing to wait for before a file is loaded: it is
// compiled, or may be tried again.
func (q *compileQueue) due(file string) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	c := q.all[file]
	return c == nil || c.stale() || c.over() && (c.err == nil || !c.reported)
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

// tried reports whether what was found was compiled, with whatever outcome, and is
// not to be tried again yet.
func (q *compileQueue) tried(f manifest.Found) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	c := q.all[f.File]
	return c != nil && c.found.Digest == f.Digest && c.over() && !c.stale()
}

// take returns why what was found did not compile: once, or for as long as it is not
// to be tried again.
func (q *compileQueue) take(f manifest.Found) error {
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

// failed notes that what was found can't be loaded for now.
func (q *compileQueue) failed(f manifest.Found, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.all[f.File] != nil { // it stands as it is, and no longer
		return
	}
	c := &compilation{found: f, done: make(chan struct{}), reported: true}
	q.all[f.File] = c
	c.end(err)
}

// end notes the outcome. The caller holds the queue's mu.
func (c *compilation) end(err error) {
	c.err, c.until = err, time.Now()
	switch {
	case shortage.Of(err) != nil:
		c.until = c.until.Add(shortInterval)
	case err != nil:
		c.until = c.until.Add(plugins.RetryAfter(err))
	}
	close(c.done)
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
	c := slices.MinFunc(waiting, (*compilation).before)
	c.cancel, c.again = cancel, false
	return c
}

// finish notes the outcome, unless the file was dropped meanwhile, or gave way to
// another before it was compiled.
func (q *compileQueue) finish(c *compilation, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	c.cancel = nil
	if !c.over() && !(c.again && errors.Is(err, context.Canceled)) {
		c.end(err)
	}
}

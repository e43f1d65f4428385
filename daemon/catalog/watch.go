package catalog

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"vega/plugins/manifest"
	"vega/plugins/signature"
)

// pollInterval is how often the plugin directory is read. A file counts once it was
// the same twice in a row, so that no copy in progress is read.
const pollInterval = 250 * time.Millisecond

// shortInterval is how long vega waits to try again what it lacked a resource for.
const shortInterval = 2 * time.Second

// Watcher sees what changes in the plugin directory.
type Watcher struct {
	catalog *Catalog
	last    map[string]Stamp // at the last poll
	handled map[string]Stamp // as it was when it was handled
	short   time.Time        // when vega last lacked a resource to handle one
}

// NewWatcher returns a watcher that has seen nothing yet.
func (c *Catalog) NewWatcher() *Watcher {
	return &Watcher{catalog: c, last: map[string]Stamp{}, handled: map[string]Stamp{}}
}

// Stamp is how a changed file is told from an unchanged one.
type Stamp struct {
	fs.FileInfo
	signature fs.FileInfo // of the file next to a module; nil if there is none
}

// same reports whether nothing about the file changed: not even that another
// of the same size and date took its name.
func (s Stamp) same(o Stamp) bool {
	return sameFile(s.FileInfo, o.FileInfo) && (s.signature == nil && o.signature == nil || sameFile(s.signature, o.signature))
}

func sameFile(a, b fs.FileInfo) bool {
	return a != nil && b != nil && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime()) && os.SameFile(a, b)
}

// Like reports whether both are the same file, or both none; one that other
// users may read now counts as another.
func (s Stamp) Like(o Stamp) bool {
	if s.FileInfo == nil || o.FileInfo == nil {
		return s == o
	}
	return s.same(o) && s.Mode() == o.Mode()
}

// Watch keeps the modules in service in step with the plugin directory until ctx
// ends. It calls changed after each poll in which one came, changed or went.
func (c *Catalog) Watch(ctx context.Context, changed func()) {
	w := c.NewWatcher()
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			if w.Poll(ctx) {
				changed()
			}
		}
	}
}

// Poll reads the directory once, and takes in what has settled. It reports whether
// any module came, changed or went.
func (w *Watcher) Poll(ctx context.Context) (news bool) {
	c := w.catalog
	files, err := stamps(c.Host.InForce().Config.Plugins.Dir)
	if err != nil { // unreadable for now: nothing is known, so nothing changes
		return false
	}
	gone := c.withdraw(func(file string) bool {
		_, here := files[file]
		_, was := w.last[file]
		return !here && !was
	})
	c.queue.tidy()
	maps.DeleteFunc(w.handled, func(file string, _ Stamp) bool { _, here := files[file]; return !here })
	for _, file := range slices.Sorted(maps.Keys(files)) {
		s := files[file]
		if !s.same(w.last[file]) || s.same(w.handled[file]) && !c.due(file) || time.Since(w.short) < shortInterval {
			continue
		}
		done, taken := c.Handle(ctx, file)
		if !done {
			w.short = time.Now()
			continue
		}
		w.handled[file] = s
		news = news || taken
	}
	w.last = files
	return news || gone
}

// due reports whether a file that was passed over can be taken in now.
func (c *Catalog) due(file string) bool {
	p := c.Host.InForce().byFile(file)
	return p != nil && p.later && c.queue.due(file)
}

// stamps reads the state of every module file; a directory that is not there
// holds none.
func stamps(dir string) (map[string]Stamp, error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	files := map[string]Stamp{}
	for _, e := range entries {
		if !manifest.IsModuleFile(e.Name()) {
			continue
		}
		if info, err := e.Info(); err == nil { // else it went away just now
			file := filepath.Join(dir, e.Name())
			s := Stamp{FileInfo: info}
			s.signature, _ = os.Lstat(file + signature.Suffix) // nil if there is none
			files[file] = s
		}
	}
	return files, nil
}

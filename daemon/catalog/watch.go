package catalog

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"vega/plugins/manifest"
	"vega/plugins/shortage"
	"vega/plugins/signature"
)

// pollInterval is how often the plugin directory is read. A file is handled only
// after two consecutive polls see it unchanged, because it may still be being
// copied.
const pollInterval = 250 * time.Millisecond

// shortageRetryInterval is the delay before a retry after a shortage.
const shortageRetryInterval = 2 * time.Second

// The time between two polls is at least pollPause times as long as reading the
// directory took, but at most maxPollInterval, so that a directory of thousands of
// files takes only a small share of a processor.
const (
	pollPause       = 25
	maxPollInterval = 10 * time.Second
)

// bundledRetryInterval is the delay before a retry of a bundled plugin.
const bundledRetryInterval = 10 * time.Second

// Watcher detects changes in the plugin directory.
type Watcher struct {
	catalog *Catalog
	last    map[string]Stamp // at the last poll
	handled map[string]Stamp // at the time each file was last handled
	short   time.Time        // time of the last shortage
	bundled time.Time        // time of the last attempt to load a bundled plugin
	reading time.Duration    // how long the last poll took to read the directory
	blind   string           // the directory that can't be read; "" if it can
}

// NewWatcher returns a watcher that has not polled yet.
func (c *Catalog) NewWatcher() *Watcher {
	return &Watcher{catalog: c, last: map[string]Stamp{}, handled: map[string]Stamp{}}
}

// Stamp records the state of a file, to detect changes.
type Stamp struct {
	fs.FileInfo
	signature fs.FileInfo // of the module's signature file; nil without one
}

// same reports whether the file is unchanged. A different file with the same name,
// size and date counts as a change.
func (s Stamp) same(o Stamp) bool {
	return sameFile(s.FileInfo, o.FileInfo) && (s.signature == nil && o.signature == nil || sameFile(s.signature, o.signature))
}

func sameFile(a, b fs.FileInfo) bool {
	return a != nil && b != nil && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime()) && os.SameFile(a, b)
}

// Like reports whether both stamps are of the same file with the same mode, or of a
// missing file.
func (s Stamp) Like(o Stamp) bool {
	if s.FileInfo == nil || o.FileInfo == nil {
		return s == o
	}
	return s.same(o) && s.Mode() == o.Mode()
}

// Watch applies changes in the plugin directory until ctx ends. It calls changed
// after each poll that found a module added, changed or removed.
func (c *Catalog) Watch(ctx context.Context, changed func()) {
	w := c.NewWatcher()
	next := time.NewTimer(pollInterval)
	defer next.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-next.C:
			if w.Poll(ctx) {
				changed()
			}
			next.Reset(w.pause())
		}
	}
}

// pause returns the time until the next poll.
func (w *Watcher) pause() time.Duration {
	return max(pollInterval, min(pollPause*w.reading, maxPollInterval))
}

// Poll reads the directory once and handles the files that have stopped changing. It
// reports whether any module was added, changed or removed.
func (w *Watcher) Poll(ctx context.Context) (news bool) {
	c := w.catalog
	if time.Since(w.bundled) > bundledRetryInterval {
		w.bundled = time.Now()
		news = c.retryBundled(ctx)
	}
	dir := c.Host.InForce().Config.Plugins.Dir
	began := time.Now()
	files, err := stamps(dir)
	w.reading = time.Since(began)
	if w.noteDir(ctx, dir, err); err != nil { // change nothing
		return news
	}
	gone := c.withdraw(dir, func(file string) bool {
		_, here := files[file]
		_, was := w.last[file]
		return !here && !was
	})
	c.queue.prune()
	maps.DeleteFunc(w.handled, func(file string, _ Stamp) bool { _, here := files[file]; return !here })
	for _, file := range slices.Sorted(maps.Keys(files)) {
		s := files[file]
		if !s.Like(w.last[file]) || s.Like(w.handled[file]) && !c.due(file) || time.Since(w.short) < shortageRetryInterval {
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

// noteDir logs once when the directory can't be read, and once when it can again.
func (w *Watcher) noteDir(ctx context.Context, dir string, err error) {
	log := w.catalog.Log
	switch {
	case shortage.Of(err) != nil:
		w.catalog.Host.Postponed(ctx, "can't read the plugin directory; vega tries again", "dir", dir, "reason", err.Error())
	case err != nil && w.blind != dir:
		w.blind = dir
		log.WarnContext(ctx, "can't read the plugin directory; its plugins stay in service, and changes in it have no effect until vega can read it", "dir", dir, "err", err)
	case err == nil && w.blind != "":
		w.blind = ""
		log.InfoContext(ctx, "the plugin directory can be read again", "dir", dir)
	}
}

// due reports whether a pending file can be loaded now.
func (c *Catalog) due(file string) bool {
	p := c.Host.InForce().byFile(file)
	return p != nil && p.pending && c.queue.due(file)
}

// stamps returns the state of every module file in a directory. The directory need
// not exist.
func stamps(dir string) (map[string]Stamp, error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	signed := map[string]bool{}
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), signature.Suffix); ok {
			signed[name] = true
		}
	}
	files := map[string]Stamp{}
	for _, e := range entries {
		if !manifest.IsModuleFile(e.Name()) {
			continue
		}
		if info, err := e.Info(); err == nil { // the file may have just been removed
			file := filepath.Join(dir, e.Name())
			s := Stamp{FileInfo: info}
			if signed[e.Name()] {
				s.signature, _ = os.Lstat(file + signature.Suffix) // nil if it was just removed
			}
			files[file] = s
		}
	}
	return files, nil
}

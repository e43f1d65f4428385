package daemon

import (
	"context"
	"maps"
	"os"
	"time"

	"vega/daemon/catalog"
	"vega/daemon/config/input"
	"vega/daemon/telemetry"
	"vega/plugins/shortage"
)

const (
	// pollInterval is how often the configuration's files are checked. A change is
	// applied only after two consecutive polls see the same files, because a file
	// may still be being written.
	pollInterval = 500 * time.Millisecond
	// retryInterval is how often a rejected configuration is tried again although
	// its files did not change. The cause may have been something else, such as
	// permissions.
	retryInterval = 30 * time.Second
)

// follow reloads the configuration when its files change, until ctx ends. It also
// tries a rejected configuration again when it receives from retry.
func (d *Daemon) follow(ctx context.Context, retry <-chan struct{}) {
	var f follower
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-retry:
			f.forget()
		case <-ticker.C:
			d.poll(ctx, &f)
		}
	}
}

// follower detects changes to the configuration on disk.
type follower struct {
	last    stamps    // at the last poll
	handled stamps    // at the last reload
	tried   time.Time // time of the last reload
}

// poll reloads the configuration if its files have changed.
func (d *Daemon) poll(ctx context.Context, f *follower) {
	cfg := d.inForce().Config
	if d.options.Read == nil || !cfg.Watch {
		return
	}
	now := d.requests.watched(cfg.Path)
	if now == nil { // unreadable for now: change nothing
		return
	}
	settled := now.like(f.last)
	f.last = now
	if seen := d.requests.seen.Swap(nil); seen != nil && now.like(*seen) {
		f.handled, f.tried = now, time.Now()
	}
	if !settled || now.like(f.handled) && !(d.Rejected() && time.Since(f.tried) > retryInterval) {
		return
	}
	f.handled, f.tried = now, time.Now()
	_, err := d.Reload(telemetry.WithID(ctx, telemetry.NewID()), ByFile) // Reload logs the error
	if shortage.Of(err) != nil {
		f.forget()
	}
}

// forget makes the next poll reload the configuration.
func (f *follower) forget() { f.handled = nil }

// stamps is the state of the files of a configuration, by name.
type stamps map[string]catalog.Stamp

func (s stamps) like(o stamps) bool { return maps.EqualFunc(s, o, catalog.Stamp.Like) }

// coarse is how far apart two changes of a file must be to get different times of
// modification from any file system.
const coarse = 20 * time.Millisecond

// settled reports whether any later change of the files changes their stamps.
func (s stamps) settled() bool {
	for _, file := range s {
		if file.FileInfo != nil && time.Since(file.ModTime()).Abs() < coarse {
			return false
		}
	}
	return true
}

// watched returns the state of the files of the configuration at path, as the last
// reload found them. It returns nil if they can't be listed.
func (r *requests) watched(path string) stamps {
	files, err := input.Watched(path, r.last.Load().inputs)
	if err != nil {
		return nil
	}
	return stampAll(files)
}

// stampAll returns the state of each file. A file that can't be read has an empty
// stamp.
func stampAll(files []string) stamps {
	all := make(stamps, len(files))
	for _, file := range files {
		info, err := os.Stat(file) // follows links
		if err != nil {
			info = nil
		}
		all[file] = catalog.Stamp{FileInfo: info}
	}
	return all
}

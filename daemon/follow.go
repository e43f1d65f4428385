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
	last    map[string]catalog.Stamp // at the last poll
	handled map[string]catalog.Stamp // at the last reload
	tried   time.Time                // time of the last reload
}

// poll reloads the configuration if its files have changed.
func (d *Daemon) poll(ctx context.Context, f *follower) {
	cfg := d.inForce().Config
	if d.options.Read == nil || !cfg.Watch {
		return
	}
	files, err := input.Watched(cfg.Path, d.requests.last.Load().inputs)
	if err != nil { // unreadable for now: change nothing
		return
	}
	now := stampAll(files)
	settled := maps.EqualFunc(now, f.last, catalog.Stamp.Like)
	f.last = now
	if !settled || maps.EqualFunc(now, f.handled, catalog.Stamp.Like) && !(d.Rejected() && time.Since(f.tried) > retryInterval) {
		return
	}
	f.handled, f.tried = now, time.Now()
	_, err = d.Reload(telemetry.WithID(ctx, telemetry.NewID()), ByFile) // Reload logs the error
	if shortage.Of(err) != nil {
		f.forget()
	}
}

// forget makes the next poll reload the configuration.
func (f *follower) forget() { f.handled = nil }

// stampAll returns the state of each file. A file that can't be read has an empty
// stamp.
func stampAll(files []string) map[string]catalog.Stamp {
	all := make(map[string]catalog.Stamp, len(files))
	for _, file := range files {
		info, err := os.Stat(file) // follows links
		if err != nil {
			info = nil
		}
		all[file] = catalog.Stamp{FileInfo: info}
	}
	return all
}

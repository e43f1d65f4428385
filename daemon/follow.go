package daemon

import (
	"context"
	"maps"
	"os"
	"time"

	"vega/daemon/catalog"
	"vega/daemon/config"
	"vega/daemon/telemetry"
	"vega/plugins/shortage"
)

const (
	// lookEvery is how often the configuration's files are looked at. What
	// changed counts once it looked the same twice in a row, so no file is
	// loaded in the middle of being written.
	lookEvery = 500 * time.Millisecond
	// againEvery is how often what was rejected is tried again, though its files
	// did not change: another may be why, or who may read them.
	againEvery = 30 * time.Second
)

// follow reloads the configuration when its files change, until ctx ends. What was
// rejected is also tried again after each message on retry.
func (d *Daemon) follow(ctx context.Context, retry <-chan struct{}) {
	var f follower
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-retry:
			f.forget()
		case <-ticker.C:
			d.look(ctx, &f)
		}
	}
}

// follower sees when the configuration on the disk changed.
type follower struct {
	last    map[string]catalog.Stamp // at the last look
	handled map[string]catalog.Stamp // as they were when they were dealt with
	tried   time.Time                // when that was
}

// look reloads the configuration if its files changed.
func (d *Daemon) look(ctx context.Context, f *follower) {
	cfg := d.inForce().Config
	if d.options.Read == nil || !cfg.Watch {
		return
	}
	files, err := config.Files(cfg.Path)
	if err != nil { // nothing is known for now, so nothing changes
		return
	}
	now := stampAll(append(files, d.requests.last.Load().inputs.Named...))
	settled := maps.EqualFunc(now, f.last, catalog.Stamp.Like)
	f.last = now
	if !settled || maps.EqualFunc(now, f.handled, catalog.Stamp.Like) && !(d.Rejected() && time.Since(f.tried) > againEvery) {
		return
	}
	f.handled, f.tried = now, time.Now()
	_, err = d.Reload(telemetry.WithID(ctx, telemetry.NewID()), ByFile) // which tells the log
	if shortage.Of(err) != nil {
		f.forget()
	}
}

// forget makes the next look try again what was rejected.
func (f *follower) forget() { f.handled = nil }

// stampAll reads the state of each file. One that is not there, or can't be
// looked at, has an empty stamp.
func stampAll(files []string) map[string]catalog.Stamp {
	all := make(map[string]catalog.Stamp, len(files))
	for _, file := range files {
		info, err := os.Stat(file) // what a link leads to
		if err != nil {
			info = nil
		}
		all[file] = catalog.Stamp{FileInfo: info}
	}
	return all
}

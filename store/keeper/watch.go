package keeper

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"vega/store/sqlite"
	"vega/store/sqlite/identity"
)

const (
	// lookInterval is how often the names of the files are compared with what is open.
	lookInterval = time.Second
	// tryInterval is how often a store that can't be written is tried.
	tryInterval = 2 * time.Second
	// repairInterval is the time between two attempts to repair.
	repairInterval = 5 * time.Second
	// comeBack is how long a file that was moved away is waited for.
	comeBack = 5 * time.Minute
	// lastLooks is how often Close looks, so that a repair of several steps can end.
	lastLooks = 4
)

// watch looks after the files until Close is called.
func (c *caretaker) watch() {
	defer close(c.done)
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		<-c.stop
		cancel()
	}()
	ticks := time.NewTicker(lookInterval)
	defer ticks.Stop()
	for {
		select {
		case <-c.stop:
			c.lookLast()
			c.repair.recovery.end()
			return
		case <-ticks.C:
		case <-c.wake:
		}
		c.look(ctx)
	}
}

// lookLast ends a repair if it can, so that the runs in the queue can be stored.
func (c *caretaker) lookLast() {
	ctx, cancel := context.WithTimeout(context.Background(), 2*repairInterval)
	defer cancel()
	for range lastLooks {
		if c.why.Load() == nil && c.now != nil {
			return
		}
		c.repair.next = time.Time{}
		c.look(ctx)
	}
}

// look compares the names of the files with what is open, and repairs what is wrong.
func (c *caretaker) look(ctx context.Context) {
	now := time.Now()
	c.repair.release()
	c.runs.Watch()
	c.report.remind(c.health.Outage(), c.runs.Waiting(), now)
	if c.now == nil { // only this goroutine sets it
		c.attempt(ctx, now, c.reopen)
		return
	}
	t := c.relinked()
	if t == nil {
		t = c.now.Files().Trouble(ctx)
	}
	if t == nil {
		t = c.now.Files().Examine(ctx)
	}
	if t == nil {
		c.well(now)
		return
	}
	c.notWell(t, now)
	c.attempt(ctx, now, func(ctx context.Context) error { return c.mend(ctx, t) })
}

// relinked returns a trouble if the path leads to another place than that of the open
// file: somebody has changed a symbolic link.
func (c *caretaker) relinked() *identity.Trouble {
	at, err := sqlite.Resolve(c.named)
	if err != nil || at == c.now.Path() {
		return nil //nolint:nilerr // the guard of the files reports it
	}
	if _, err := os.Stat(filepath.Dir(at)); err != nil {
		return nil //nolint:nilerr // a link to nothing; if the directory is gone, the guard reports it
	}
	c.gate.Lock()
	c.path = at
	c.gate.Unlock()
	_, err = os.Stat(at)
	switch {
	case c.now.Files().NamedBy(at):
		return &identity.Trouble{Kind: identity.LogGone, Text: "a symbolic link leads to its file now"}
	case errors.Is(err, fs.ErrNotExist):
		return &identity.Trouble{Kind: identity.Gone, Text: "a symbolic link to its file was changed, and leads to no file"}
	default:
		return identity.Of(identity.Replaced)
	}
}

// attempt calls a step of a repair, unless one failed a moment ago.
func (c *caretaker) attempt(ctx context.Context, now time.Time, step func(context.Context) error) {
	if now.Before(c.repair.next) || ctx.Err() != nil {
		return
	}
	err := step(ctx)
	if err == nil {
		c.repair.failed = ""
		return
	}
	c.repair.next = time.Now().Add(repairInterval)
	c.health.Fail(err)
	if text := err.Error(); text != c.repair.failed {
		c.repair.failed = text
		c.options.Log.Error("can't put the store's file right; vega tries again every few seconds", "path", c.path, "err", err)
	}
}

// notWell stops writing.
func (c *caretaker) notWell(t *identity.Trouble, now time.Time) {
	if c.repair.since.IsZero() {
		c.repair.since = now
	}
	if before := c.why.Swap(t); before == nil || before.Kind != t.Kind {
		c.health.Fail(sqlite.Unavailable(c.path, t))
	}
}

// well allows writing again, and tries it during an outage.
func (c *caretaker) well(now time.Time) {
	c.repair.since, c.repair.aside = time.Time{}, ""
	c.awaited.Store(false)
	if c.why.Swap(nil) != nil {
		c.options.Log.Warn("the store's files are back", "path", c.path)
		c.repair.tried = time.Time{}
	}
	if c.health.Outage().Err != nil && now.Sub(c.repair.tried) >= tryInterval {
		c.repair.tried = now
		c.runs.Retry()
	}
}

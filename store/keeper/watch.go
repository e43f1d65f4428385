package keeper

import (
	"context"
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
func (k *Store) watch() {
	defer close(k.done)
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		<-k.stop
		cancel()
	}()
	ticks := time.NewTicker(lookInterval)
	defer ticks.Stop()
	for {
		select {
		case <-k.stop:
			k.lookLast()
			k.repair.recovery.end()
			return
		case <-ticks.C:
		case <-k.wake:
		}
		k.look(ctx)
	}
}

// lookLast ends a repair if it can, so that the runs in the queue can be stored.
func (k *Store) lookLast() {
	ctx, cancel := context.WithTimeout(context.Background(), repairInterval)
	defer cancel()
	for range lastLooks {
		if k.why.Load() == nil && k.now != nil {
			return
		}
		k.repair.next = time.Time{}
		k.look(ctx)
	}
}

// look compares the names of the files with what is open, and repairs what is wrong.
func (k *Store) look(ctx context.Context) {
	now := time.Now()
	k.repair.release()
	k.report.remind(k.health.Outage(), k.runs.Waiting(), now)
	if k.now == nil { // only this goroutine sets it
		k.attempt(ctx, now, k.reopen)
		return
	}
	t := k.now.Trouble(ctx)
	if t == nil {
		t = k.now.Examine(ctx)
	}
	if t == nil {
		k.well(now)
		return
	}
	k.notWell(t, now)
	k.attempt(ctx, now, func(ctx context.Context) error { return k.mend(ctx, t) })
}

// attempt calls a step of a repair, unless one failed a moment ago.
func (k *Store) attempt(ctx context.Context, now time.Time, step func(context.Context) error) {
	if now.Before(k.repair.next) || ctx.Err() != nil {
		return
	}
	err := step(ctx)
	if err == nil {
		k.repair.failed = ""
		return
	}
	k.repair.next = time.Now().Add(repairInterval)
	k.health.Fail(err)
	if text := err.Error(); text != k.repair.failed {
		k.repair.failed = text
		k.options.Log.Error("can't put the store's file right; vega tries again every few seconds", "path", k.path, "err", err)
	}
}

// notWell stops writing.
func (k *Store) notWell(t *identity.Trouble, now time.Time) {
	if k.repair.since.IsZero() {
		k.repair.since = now
	}
	if before := k.why.Swap(t); before == nil || before.Kind != t.Kind {
		k.health.Fail(sqlite.Unavailable(k.path, t))
	}
}

// well allows writing again, and tries it during an outage.
func (k *Store) well(now time.Time) {
	k.repair.since = time.Time{}
	if k.why.Swap(nil) != nil {
		k.options.Log.Warn("the store's files are back", "path", k.path)
		k.repair.tried = time.Time{}
	}
	if k.health.Outage().Err != nil && now.Sub(k.repair.tried) >= tryInterval {
		k.repair.tried = now
		k.runs.Retry()
	}
}
